"""The tests, in the order of the rooms that they prove."""
