"""Whatever one field of any answer of a cloud holds, the whole way ends well or with a code of ours.

As `tests/providers/test_native_any_answers.py`, through the clouds' own libraries, which read answers first.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clouds.test_whole_way import SERVERS
from tests.providers.test_native_any_answers import hold_to_the_law

pytestmark = pytest.mark.clouds


@pytest.mark.parametrize("provider", SERVERS)
def test_any_field_of_any_answer_may_be_anything(tmp_path: Path, provider: str) -> None:
    make, model = SERVERS[provider]
    hold_to_the_law(make, model, provider, tmp_path)
