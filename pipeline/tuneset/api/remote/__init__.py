"""Files and jobs at an endpoint, for programs and for the commands alike."""
