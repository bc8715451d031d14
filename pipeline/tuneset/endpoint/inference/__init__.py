"""Talking to models: which model answers, the processes of generators, servers that requests are handed on to."""
