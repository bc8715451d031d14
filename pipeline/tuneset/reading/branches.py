"""Of turns that form a tree the branch that was chosen: an answer that was made anew stands beside the one before it.

Chat programs (Claude, LibreChat, Open WebUI, BetterChatGPT's kin) list all messages, each with its own id and that of
the message before it. Where two answer the same one, the list is no conversation: read as one, an answer that was
thrown away would stand before the one that was kept. Where the export names the last message of the branch that the
user saw, that branch counts, else the one of the last message. Answers that were made anew are of one speaker: where a
question and an answer follow the same message, the messages name their thread or its first message, and the list is
read as it stands. What several tools gave may follow one call.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tuneset.example_tables import Example
from tuneset.roles import SYSTEM_ROLES

_IDS = (
    ("messageId", "parentMessageId"),
    ("uuid", "parent_message_uuid"),
    ("id", "parentId"),
    ("id", "parent_id"),
    ("id", "parentMessageId"),
    ("id", "parent_message_id"),
    ("message_id", "parent_id"),
    ("message_id", "parent_message_id"),
)
"""Under which keys a message has its own id and that of the one before it."""
_LEAVES = ("current_leaf_message_uuid", "currentId", "current_node", "currentNode", "current_message_id")
_NOTHING = ("None", "")
_SPEAKERS = ("role", "sender", "from", "author", "speaker", "isCreatedByUser", "is_user")
_GIVEN = ("tool", "function")

_PLAIN_KEYS = 2  # a role and a content


def chosen(turns: Sequence[Any], row: Mapping[str, Any]) -> list[int] | None:
    """The places of the turns of the chosen branch, in order; None where the turns form no tree.

    >>> tree = [{"id": "a", "parentId": None}, {"id": "b", "parentId": "a"}, {"id": "c", "parentId": "a"}]
    >>> chosen(tree, {}), chosen(tree, {"currentId": "b"}), chosen(tree[:2], {})
    ([0, 2], [0, 1], None)
    """
    keys = _keys(turns)
    if keys is None:
        return None
    own, before = keys
    apart = _systems_apart(turns, own, before)
    if apart:
        rest = chosen(turns[apart:], row)
        return None if rest is None else [*range(apart), *(place + apart for place in rest)]
    places: dict[str, int] = {str(turn[own]): place for place, turn in enumerate(turns)}
    parents = [str(turn[before]) for turn in turns]
    begun = [parent for parent in parents if parent not in places]
    if len(set(begun)) > 1 or (len(begun) > 1 and begun[0] in _NOTHING):  # the ids do not say what follows what
        return None
    if len(places) < len(turns) or len(set(parents)) == len(parents) or not _are_made_anew(turns, parents):
        return None
    leaf = next((str(row[name]) for name in _LEAVES if name in row and str(row[name]) in places), str(turns[-1][own]))
    branch: dict[int, None] = {}
    at = leaf
    while at in places and places[at] not in branch:
        branch[places[at]] = None
        at = parents[places[at]]
    return [*branch][::-1]


def _systems_apart(turns: Sequence[Mapping[str, Any]], own: str, before: str) -> int:
    """How many system messages stand before a tree as roots that nothing follows: they are said in each branch.

    >>> tree = [{"id": "s", "role": "system", "up": None}, {"id": "a", "role": "user", "up": None}]
    >>> _systems_apart(tree, "id", "up"), _systems_apart([tree[0], {**tree[1], "up": "s"}], "id", "up")
    (1, 0)
    """
    followed = {str(turn[before]) for turn in turns}
    count = 0
    for turn in turns:
        if turn.get("role") not in SYSTEM_ROLES or str(turn[before]) not in _NOTHING or str(turn[own]) in followed:
            break
        count += 1
    return count


def _are_made_anew(turns: Sequence[Mapping[str, Any]], parents: Sequence[str]) -> bool:
    """Whether turns that follow the same one are of one speaker, as far as they say who speaks, and no tool's."""
    speakers: dict[str, str] = {}
    for turn, parent in zip(turns, parents, strict=True):
        speaker = next((str(turn[key]) for key in _SPEAKERS if key in turn), "")
        if speakers.setdefault(parent, speaker) != speaker:
            return False
    followed = Counter(parents)
    return not any(followed[parent] > 1 and speaker in _GIVEN for parent, speaker in speakers.items())


def _keys(turns: Sequence[Any]) -> tuple[str, str] | None:
    """The keys of ids that all turns have, or None."""
    if not turns or type(turns[0]) is not dict:
        return None
    first = turns[0]
    for own, before in _IDS:
        if own in first and before in first:
            fine = all(type(turn) is dict and own in turn and before in turn for turn in turns)
            return (own, before) if fine else None
    return None


def of_branch(example: Example, row: Mapping[str, Any]) -> Example:
    """The example with those of its messages, which have kept their ids, that are of the chosen branch."""
    messages = example.get("messages")
    if not messages or len(messages[0]) <= _PLAIN_KEYS:
        return example
    places = chosen(messages, row)
    return example if places is None else {**example, "messages": [messages[place] for place in places]}
