"""One pure function a stage; stages never import each other."""
