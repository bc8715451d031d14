"""Names under which exports write the roles of chat messages, and the roles that they mean."""

from __future__ import annotations

from collections.abc import Mapping

from tuneset.terms import Format

CHAT_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
"""The roles that a line format knows; which of them, its schema says."""
OTHER_NAMES: Mapping[str, str] = {
    "human": "user",
    "customer": "user",
    "ai": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
    "chatgpt": "assistant",
    "gpt": "assistant",
    "model": "assistant",
}
"""What LangChain (human, ai), Gemini (model), ShareGPT (human, gpt) and support desks call the two sides."""
_INSTRUCTIONS = frozenset({"system", "developer"})


def known_role(name: object) -> str | None:
    """The role that a name means, whatever its case; None where it is not known.

    >>> known_role("Human "), known_role("developer"), known_role("narrator"), known_role(7)
    ('user', 'developer', None, None)
    """
    if not isinstance(name, str):
        return None
    known = name.strip().casefold()
    return known if known in CHAT_ROLES else OTHER_NAMES.get(known)


def role_of(name: object, line_format: Format) -> str | None:
    """The role that a name means in a line format: reinforcement knows `developer` and no `system`, others the reverse.

    >>> role_of("developer", "sft"), role_of("system", "rft"), role_of("AI", "sft")
    ('system', 'developer', 'assistant')
    """
    known = known_role(name)
    if known in _INSTRUCTIONS:
        return "developer" if line_format == "rft" else "system"
    return known
