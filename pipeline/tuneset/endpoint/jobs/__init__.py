"""Jobs of the embedded endpoint: the worker, the process of a trainer, and the objects of the protocol."""
