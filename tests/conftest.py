"""Settings of all property tests: no time limit on a case, because machines are shared, and the same cases each run.

`--hypothesis-profile=default` draws new cases instead.
"""

from hypothesis import settings

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
