"""What of a message is text, by which it is compared, and what stands beside the text: the same thing or another.

Images, sounds and files are no words of what is said: two questions about one image are as alike as without it, and
one question about two images is two questions. The same goes for the tools that a model is given to choose from. Of a
call its name and its arguments are text; ids and what JSON needs around them are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import xxhash

from tuneset.similarity.ragged import Hashes, Ragged

_SAID = ("text", "refusal")
_NOT_OF_IT = frozenset(("detail", "cache_control"))
"""Keys of a part that say how it is to be looked at, and not what it is."""


def spoken(content: object, calls: object = None) -> str:
    r"""The text of a message, of its content and its calls, one piece a line.

    >>> spoken([{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "a.png"}}])
    'What is it?'
    >>> spoken(None, [{"id": "call_1", "function": {"name": "light", "arguments": "{}"}}])
    'light {}'
    """
    if calls is None and isinstance(content, str):
        return content
    return "\n".join([*_texts(content), *map(_call, calls if isinstance(calls, list) else ())])


def text_alone(content: object) -> str | None:
    r"""The text of content that is a list of parts, where all of them are text and say nothing else; otherwise None.

    >>> text_alone([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])
    'a\nb'
    >>> text_alone("a"), text_alone([]), text_alone([{"type": "refusal", "refusal": "no"}])
    (None, None, None)
    """
    if not isinstance(content, list) or not content:
        return None
    texts = [
        part["text"] if isinstance(part, Mapping) and part.keys() - _NOT_OF_IT == {"type", "text"} else None
        for part in content
    ]
    known = [
        text for text, part in zip(texts, content, strict=True) if isinstance(text, str) and part["type"] == "text"
    ]
    return "\n".join(known) if len(known) == len(content) else None


def beside(contents: Iterable[object], tools: object = None) -> int:
    """A number for what is no text in the contents of some messages, in its order, and for the names of the tools.

    It is 0 where there is neither.

    >>> image = {"type": "image_url", "image_url": {"url": "a.png", "detail": "low"}}
    >>> one, again, twice = beside([[image]]), beside([["Who?", image]]), beside([[image, image]])
    >>> beside(["Who?"]), one == again, one == twice
    (0, True, False)
    """
    several = [content for content in contents if content is not None and not isinstance(content, str)]
    parts = [_identity(part) for content in several for part in _parts(content) if _text(part) is None]
    names = sorted(map(_name, tools)) if isinstance(tools, list) else []
    return xxhash.xxh3_64_intdigest(orjson.dumps([parts, names])) if parts or names else 0


def set_apart(units: Ragged, numbers: Hashes) -> Ragged:
    """The units of each text, which are units of no text with another number.

    >>> units = Ragged(np.array([5, 6, 5], np.uint64), np.array([0, 2, 3]))
    >>> set_apart(units, np.array([0, 9], np.uint64)).values.tolist()
    [5, 6, 12]
    """
    return Ragged(units.values ^ np.repeat(numbers, units.counts), units.starts) if numbers.any() else units


def _parts(content: object) -> Sequence[object]:
    if content is None:
        return ()
    return content if isinstance(content, list) else [content]


def _texts(content: object) -> list[str]:
    return [text for text in map(_text, _parts(content)) if text is not None]


def _text(part: object) -> str | None:
    """What a part says, or None for one that is something else."""
    if isinstance(part, str):
        return part
    found = (part[key] for key in _SAID if isinstance(part.get(key), str)) if isinstance(part, Mapping) else iter(())
    return next(found, None)


def _identity(part: Any) -> Any:  # noqa: ANN401  any JSON value
    """What a part is, without how it is to be looked at, its keys in one order.

    >>> _identity({"image_url": {"detail": "low", "url": "a.png"}})
    [['image_url', [['url', 'a.png']]]]
    """
    if isinstance(part, Mapping):
        return sorted([key, _identity(value)] for key, value in part.items() if key not in _NOT_OF_IT)
    return [_identity(value) for value in part] if isinstance(part, list) else part


def _call(call: object) -> str:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping):
        return orjson.dumps(call).decode()
    arguments = function.get("arguments")
    return f"{function.get('name')} {arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()}"


def _name(tool: object) -> str:
    function = tool.get("function", tool) if isinstance(tool, Mapping) else None
    return str(function.get("name")) if isinstance(function, Mapping) else ""
