"""The forms of secrets that every check looks for: how each is named, and a pattern that is cheap to search for.

They say where a closer look is worth its time, and what a message must not show. Whether a text holds a secret is for
`tuneset.cleaning.private_data` to say, which knows more forms and leaves examples and placeholders alone.
"""

from __future__ import annotations

import functools
import re

import jsonschema_rs

# Forms that the issuers publish, or that their secret scanners look for, as of 2026-11: what it is, its form.
_FORMS = (
    ("an AWS access key", r"(?:AKIA|ASIA)[A-Z0-9]{16}"),
    ("an OpenAI or Anthropic key", r"sk-[A-Za-z0-9_-]{20}"),
    ("a GitHub token", r"gh[pousr]_[A-Za-z0-9]{30}"),
    ("a GitHub token", r"github_pat_[A-Za-z0-9_]{30}"),
    ("a GitLab token", r"glpat-[A-Za-z0-9_.-]{20}"),
    ("a Slack token", r"xox[abceoprs]-[A-Za-z0-9-]{10}"),
    ("a Google API key", r"AIza[A-Za-z0-9_-]{35}"),
    ("a Stripe key", r"[rs]k_live_[A-Za-z0-9]{16}"),
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{30}"),
    ("an npm token", r"npm_[A-Za-z0-9]{30}"),
    ("a PyPI token", r"pypi-[A-Za-z0-9_-]{50}"),
    ("a SendGrid key", r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16}"),
    ("a JSON web token", r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10}"),
    ("a private key", r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
)
SECRET_PATTERN = "|".join(form for _, form in _FORMS)
"""Matches wherever a secret of these forms is, and sometimes elsewhere; no look-around, for a fast engine."""

_NAMED = tuple((name, re.compile(form)) for name, form in _FORMS)
_AT_START_OF_WORD = rf"(?:^|[^A-Za-z0-9_-])(?:{SECRET_PATTERN})"


@functools.cache
def automaton(pattern: str) -> jsonschema_rs.Draft202012Validator:
    """A pattern compiled by jsonschema-rs to an automaton: Python's `re` spends fifty times as long on most text."""
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())


def may_hold_secret(text: str) -> bool:
    """Whether a text is better not shown: it has the form of a secret in it, if only of one that an example shows.

    >>> [may_hold_secret(text) for text in ("AKIA is a prefix", "AKIAIOSFODNN7EXAMPLE", "task-" + "a" * 30)]
    [False, True, False]
    """
    return bool(automaton(_AT_START_OF_WORD).is_valid(text))


def name_of(secret: str) -> str | None:
    """What a secret is, in words, by how it begins; None where its form is none of these.

    >>> name_of("ghp_" + "q7Zx0LmP2v" * 3), name_of("dckr_pat_" + "q7Zx0LmP2v" * 3)
    ('a GitHub token', None)
    """
    return next((name for name, form in _NAMED if form.match(secret)), None)
