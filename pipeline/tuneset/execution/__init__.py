"""Shards, worker processes and runs of stages: the only place that combines stages."""
