"""Names under which exports write who speaks, and the roles of chat messages that they mean.

One list for all who ask: shapes that read turns, the repair of roles, and the look for a line's format. A name that is
not in it is never guessed, because a turn that is given to another would change what the model learns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tuneset.terms import Format

CHAT_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
"""The roles that a line format knows; which of them, its schema says."""
OTHER_NAMES: Mapping[str, str] = {
    "human": "user",
    "prompter": "user",
    "customer": "user",
    "visitor": "user",
    "client": "user",
    "caller": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "gemini": "assistant",
    "copilot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "bot": "assistant",
    "chatbot": "assistant",
}
"""What ShareGPT (human, gpt, bing, bard), OASST (prompter), LangChain (human, ai), Gemini (model) and support desks
call the two sides."""
AGENTS = frozenset({"agent", "representative"})
"""People who answer in transcripts of support. They are the assistant where nobody else answers; beside a bot they may
be who takes over from it, and which of the two is to be learned nobody but the user can say."""
_TOOL_TURNS: Mapping[str, str] = {
    "function_call": "assistant",
    "tool_call": "assistant",
    "observation": "tool",
    "function_response": "tool",
    "tool_response": "tool",
}
"""ShareGPT's descendants (FastChat, LLaMA-Factory, axolotl) write a call and what it gave as turns of their own."""
SPEAKERS: Mapping[str, str] = {
    **{role: role for role in ("system", "developer", "user", "assistant", "tool")},
    **OTHER_NAMES,
    **_TOOL_TURNS,
}
"""Who may speak in a list of turns."""
SYSTEM_ROLES = ("system", "developer")
"""Roles of messages that nobody says: they tell the model how to answer."""


def plain_name(name: str) -> str:
    """A name as the lists have it.

    >>> plain_name("Human "), plain_name("ASSISTANT:")
    ('human', 'assistant')
    """
    return name.strip(" \t\r\n:").casefold()


def known_role(name: object) -> str | None:
    """The role that the name in a chat message means, whatever its case; None where it is not known.

    >>> known_role("Human "), known_role("developer"), known_role("narrator"), known_role(7)
    ('user', 'developer', None, None)
    """
    if not isinstance(name, str):
        return None
    known = plain_name(name)
    return known if known in CHAT_ROLES else OTHER_NAMES.get(known)


def speaker_role(name: object) -> str | None:
    """The role that the speaker of a turn has, whatever its case; None where it is not known.

    >>> speaker_role("GPT"), speaker_role("observation"), speaker_role("narrator"), speaker_role(None)
    ('assistant', 'tool', None, None)
    """
    return SPEAKERS.get(name) or SPEAKERS.get(plain_name(name)) if isinstance(name, str) else None


def agents_answer(names: Iterable[object]) -> bool:
    """Whether the agents of a conversation are its assistant, by the names of all who speak in it.

    >>> agents_answer(["Customer", "Agent"]), agents_answer(["customer", "bot", "agent"]), agents_answer(["agent"])
    (True, False, False)
    """
    spoken = {plain_name(name) for name in names if isinstance(name, str)}
    roles = {known_role(name) for name in spoken - AGENTS}
    return not spoken.isdisjoint(AGENTS) and "user" in roles and roles <= {"user", *SYSTEM_ROLES}


def role_in(name: object, line_format: Format) -> str | None:
    """The role that a name means in a line format: reinforcement knows `developer` and no `system`, others the reverse.

    >>> role_in("developer", "sft"), role_in("system", "rft"), role_in("AI", "sft")
    ('system', 'developer', 'assistant')
    """
    known = known_role(name)
    if known in SYSTEM_ROLES:
        return "developer" if line_format == "rft" else "system"
    return known
