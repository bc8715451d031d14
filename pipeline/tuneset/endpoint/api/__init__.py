"""The routes of the embedded endpoint, and how the protocol's requests and errors are read and written."""
