"""The endpoint refuses the special tokens that its profile names, so that `check` and `prepare` know them too."""

from tuneset.profile import load_profile
from tuneset.targets.encodings import SPECIAL_TOKENS


def test_the_local_profile_names_the_tokens_that_a_job_refuses() -> None:
    assert sorted(load_profile("local").special_tokens) == sorted(SPECIAL_TOKENS)
