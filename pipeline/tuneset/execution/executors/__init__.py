"""The executors that there are, a file each: processes, this process alone, a Ray cluster. `executor.py` lists them."""
