"""The job protocol of Together AI, in plain HTTP."""
