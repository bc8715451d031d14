"""The Python interface: what the commands do, for programs; `tuneset/__init__.py` gives its names."""
