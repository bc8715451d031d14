"""An exported chat of WhatsApp is one row, whatever the order of its dates, and no other text is taken for one."""

import json
from pathlib import Path

import pytest

from tuneset.example_tables import to_examples
from tuneset.params import IngestParams, Mapping
from tuneset.reading.containers.whatsapp import messages_in
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.stages.ingest import ingest

ROLES = Mapping(messages="messages", role_key="from", content_key="text", roles={"Ann": "user", "Bo K.": "assistant"})
CHATS = [
    "1/2/24, 9:05 AM - Encrypted.\n1/2/24, 9:05 AM - Ann: Is it late?\n1/2/24, 9:06 AM - Bo K.: No:\nnine.",
    "[01.02.24, 09:05:10] Ann: Is it late?\r\n[01.02.24, 09:06:11] Bo K.: No:\r\nnine.\r\n",
    "2024-02-01, 09:05 - Ann: Is it late?\n2024-02-01, 09:06 - Bo K.: No:\nnine.\n",
]


@pytest.mark.parametrize(
    "text",
    [
        "date,name,text\n1/2/24,Ann,Hello\n",
        "1/2/24, 9:05 AM - nobody speaks here\n[or here]\n",
        json.dumps({"question": "1/2/24, 9:05 AM - Ann: Hi", "answer": "Ho"}),
        "The 1/2/24, 9:05 AM - Ann: Hi\n",
        "[1, 2, 3]",
    ],
)
def test_other_files_are_no_chats(tmp_path: Path, text: str) -> None:
    path = tmp_path / "raw"
    path.write_text(text)
    assert plan([path])[0].container != "whatsapp"


@pytest.mark.parametrize(
    ("text", "is_own"),
    [
        ("The image omitted the date.", False),
        ("This message was deleted by mistake, sorry", False),
        ("<b>Nine.</b>", False),
        ("See it (file attached) and tell me", False),
        ("<Media omitted>", True),
        ("<Medien ausgeschlossen>", True),
        ("\u200eimage omitted", True),
        ("This message was deleted", True),
        ("IMG-1.jpg (file attached)", True),
        ("\u200eMessages and calls are end-to-end encrypted. Only people in this chat can read them.", True),
    ],
)
def test_what_the_program_writes_in_the_place_of_a_text_is_said_aside(tmp_path: Path, text: str, is_own: bool) -> None:
    path = tmp_path / "chat.txt"
    path.write_text(f"{CHATS[1]}[01.02.24, 09:07:00] Ann: {text}\n[01.02.24, 09:08:00] Bo K.: No.\n")
    (records,) = read_records(plan([path])[0], ROLES)
    (example,) = to_examples(ingest(records, "chat.txt", IngestParams(mapping=ROLES), "sft").tables)
    assert len(example["messages"]) == (3 if is_own else 4)


@pytest.mark.parametrize("text", CHATS)
def test_a_chat_is_one_conversation_once_it_is_said_who_is_who(tmp_path: Path, text: str) -> None:
    path = tmp_path / "chat.txt"
    path.write_text(text, newline="")
    (records,) = read_records(plan([path])[0], ROLES)
    (example,) = to_examples(ingest(records, "chat.txt", IngestParams(mapping=ROLES), "sft").tables)
    assert example["messages"] == [
        {"role": "user", "content": "Is it late?"},
        {"role": "assistant", "content": "No:\nnine."},
    ]


def test_without_a_mapping_the_one_to_try_is_told(tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    path.write_text(CHATS[0])
    (records,) = read_records(plan([path])[0])
    (reject,) = ingest(records, "chat.txt", IngestParams(), "sft").rejects.to_dicts()
    assert reject["code"] == "CNV001"
    assert "role_key: from, content_key: text" in reject["detail"]


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "chat.txt"
    path.write_text(CHATS[0])
    (shard,) = plan([path])
    path.write_bytes(CHATS[0].encode() + b"\xe9 \n")
    (records,) = read_records(shard)
    assert [reject.code for reject in records.rejects] == ["FIL002"]


def test_a_line_of_the_program_ends_the_message_before_it() -> None:
    text = "1/2/24, 9:05 - Ann: Hi\n1/2/24, 9:06 - Bo joined\nby a link\n1/2/24, 9:07 - Ann: Hello?"
    assert [message["text"] for message in messages_in(text)] == ["Hi", "Hello?"]
