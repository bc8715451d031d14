"""A chat that WhatsApp exported as text: `5/7/21, 6:12 AM - Ann: Hello`, also with brackets and in other date orders.

The file is one conversation and so one row, whose messages have the keys `from` and `text`. A line without a date goes
on with the message before it; a line without a speaker is the program's own and says nothing. Whose messages are the
assistant's, `ingest.mapping` says. What stands in the place of a picture or of a message that was deleted is the
program's own, and marked as said aside; of other languages than English that is known where marks say so (`<...>`,
U+200E).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tuneset.reading import decode
from tuneset.reading.containers.base import Container, Head, Shard, Takes
from tuneset.reading.containers.json_value import MAX_ROW_BYTES
from tuneset.reading.records import RawReject, Records

_DATE = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4},?[ \u202f]\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[ \u202f]?[AaPp]\.?[Mm]\.?)?"
_BEGIN = re.compile(rf"\u200e?(?:\[{_DATE}\] |{_DATE} - )")
_SPEAKER = re.compile(r"\u200e?([^:\n]{1,80}): ")
_OWN = re.compile(
    r"\u200e.*|<[^<>\n]{3,60}>|(?:This message was deleted|You deleted this message)\.?|.{1,80} \(file attached\)"
    r"|(?:image|video|audio|sticker|GIF|document|Contact card) omitted|Messages and calls are end-to-end encrypted\..*",
    re.DOTALL,
)
"""What the program writes in the place of a text. Seen in exports of Android and iOS, 2026-11."""
_EDITED = re.compile(r"\s*\u200e?<This message was edited>$")
_LINES_LOOKED_AT = 20


def messages_in(text: str) -> list[dict[str, Any]]:
    r"""The messages of an exported chat, in order.

    >>> messages_in("5/7/21, 6:12 AM - Ann: Hello\nthere\n5/7/21, 6:13 AM - Bo left")
    [{'from': 'Ann', 'text': 'Hello\nthere'}]
    """
    found: list[dict[str, Any]] = []
    goes_on = False
    for line in text.splitlines():
        begin = _BEGIN.match(line)
        speaker = _SPEAKER.match(line, begin.end()) if begin else None
        if speaker:
            found.append({"from": speaker[1].strip(), "text": line[speaker.end() :]})
        elif begin is None and goes_on:
            found[-1]["text"] += f"\n{line}"
        goes_on = speaker is not None or (begin is None and goes_on)
    return [_message(each["from"], each["text"]) for each in found]


def _message(speaker: str, text: str) -> dict[str, Any]:
    """A message, marked where its text is the program's own.

    >>> _message("Bo", "Yes. <This message was edited>"), _message("Bo", "<Media omitted>")
    ({'from': 'Bo', 'text': 'Yes.'}, {'from': 'Bo', 'text': '<Media omitted>', 'internal': True})
    """
    said = _EDITED.sub("", text.strip())
    return {"from": speaker, "text": said, **({"internal": True} if _OWN.fullmatch(said) else {})}


def _recognise(head: Head) -> bool:
    """Whether the first line begins as one of a chat does, and one of the first says who speaks."""
    if not head.is_text:
        return False
    lines = [line.decode(errors="replace").rstrip("\r") for line in head.lines[:_LINES_LOOKED_AT]]
    begun = [(line, begin) for line in lines if (begin := _BEGIN.match(line))]
    return _BEGIN.match(lines[0]) is not None and any(_SPEAKER.match(line, begin.end()) for line, begin in begun)


def _read(shard: Shard, _: Takes) -> Iterator[Records]:
    """The whole chat as one row; one that is larger than a row may be is rejected."""
    text = bytearray()
    for piece in decode.text_pieces(shard.path, shard.content):
        text += piece
        if len(text) > MAX_ROW_BYTES:
            yield Records(rejects=[RawReject(1, 0, "FIL005", f"the chat is longer than {MAX_ROW_BYTES:,} bytes")])
            return
    records = Records()
    try:
        records.add(1, 0, {"messages": messages_in(text.decode())})
    except UnicodeDecodeError as error:
        records.rejects.append(RawReject(1, 0, "FIL002", f"byte {error.start + 1} of the chat is not UTF-8"))
    yield records


WHATSAPP = Container(
    "whatsapp",
    "a chat that WhatsApp exported",
    _recognise,
    _read,
    b"5/7/21, 6:12 AM - Ann: Is it open?\n5/7/21, 6:13 AM - Bo: Yes.\n",
)
