"""Names that we choose at Fireworks: of datasets, jobs and models. A second creation under one name makes nothing."""

from __future__ import annotations

import re

KEY_DIGITS = 16
LONGEST = 63
"""Characters of an id."""
_MARK = re.compile(r"(?:^|-)tn([0-9a-f]{16})-(\d+)$")


def dataset_id(filename: str) -> str:
    """The id of the dataset of a file, which holds the sha256 of its content as the file's name does.

    >>> dataset_id("Train Set-0123456789ab.jsonl")
    'train-set-0123456789ab'
    """
    stem = re.sub(r"[^a-z0-9]+", "-", filename.rpartition(".")[0].lower()).strip("-")
    return stem[-LONGEST:].strip("-")


def job_name(suffix: str | None, key: str, attempt: int) -> str:
    """The id of a job and of its model: the user's suffix, the run key cut, and the number of the attempt.

    >>> job_name("Mine", "0123456789abcdef0123456789abcdef", 2), job_name(None, "0123456789abcdef01", 1)
    ('mine-tn0123456789abcdef-2', 'tn0123456789abcdef-1')
    """
    own = re.sub(r"[^a-z0-9]+", "-", (suffix or "").lower()).strip("-")
    mark = f"tn{key[:KEY_DIGITS]}-{attempt}"
    return f"{own}-{mark}" if own else mark


def mark_of(name: str) -> tuple[str, int] | None:
    """The cut run key and the attempt in a job's id; None where it is not one of ours.

    >>> mark_of("mine-tn0123456789abcdef-2"), mark_of("mine")
    (('0123456789abcdef', 2), None)
    """
    match = _MARK.search(name)
    return (match[1], int(match[2])) if match else None


def last_part(name: str | None) -> str | None:
    """The id in the name of a resource.

    >>> last_part("accounts/a/datasets/d1"), last_part(None)
    ('d1', None)
    """
    return name.rpartition("/")[2] or None if name else None
