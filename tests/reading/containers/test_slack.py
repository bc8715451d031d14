"""A day of a channel in Slack: threads are conversations, and each message is accounted for."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tuneset
from tuneset.params import Params
from tuneset.reading.raw_shards import cut
from tuneset.reading.read import read_records

USERS: list[dict[str, Any]] = [
    {"id": "U1", "name": "ann", "profile": {"display_name": "Ann"}},
    {"id": "U2", "name": "helper", "is_bot": True, "profile": {"display_name": ""}},
    {"id": "U3", "name": "bo", "real_name": "Bo"},
]
DAY: list[dict[str, Any]] = [
    {"type": "message", "user": "U1", "text": "Open, <@U2>?", "ts": "1.0", "thread_ts": "1.0", "reply_count": 1},
    {"type": "message", "user": "U1", "text": "Price?", "ts": "1.5"},
    {"type": "message", "user": "U2", "text": "Yes &amp; no.", "ts": "2.0", "thread_ts": "1.0"},
    {"type": "message", "user": "U2", "text": "Two.", "ts": "2.5"},
]


def export(folder: Path, days: dict[str, Any], users: Sequence[dict[str, Any]] = USERS) -> Path:
    for name, messages in {**days, "users.json": users, "channels.json": [{"id": "C1", "name": "help"}]}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(messages))
    return folder


def said(done: tuneset.Prepared) -> list[list[tuple[str, str]]]:
    examples = [*done.examples("train"), *done.examples("validation")]
    return sorted([(one["role"], one["content"]) for one in example["messages"]] for example in examples)


@pytest.mark.parametrize(
    "rows", [[{"ts": "1.0", "text": "no user"}], [{"user": "U1", "text": "?", "ts": "late"}], [3], [{"a": [1]}], []]
)
def test_other_arrays_are_none(tmp_path: Path, rows: list[Any]) -> None:
    (tmp_path / "raw.json").write_text(json.dumps(rows))
    assert [shard.container for shard in cut([tmp_path / "raw.json"])] == ["json"]


def test_users_without_a_channel_beside_them_are_read_as_any_file(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text(json.dumps(USERS))
    assert [shard.container for shard in cut([tmp_path])] == ["json"]


@pytest.mark.parametrize("packed", [False, True])
def test_threads_and_what_is_outside_of_them_are_conversations(tmp_path: Path, *, packed: bool) -> None:
    raw = export(tmp_path / "raw", {"help/2026-01-01.json": DAY})
    if packed:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            for path in sorted(raw.rglob("*.json")):
                archive.write(path, path.relative_to(raw))
        raw = tmp_path / "raw.zip"
        raw.write_bytes(held.getvalue())
    done = tuneset.prepare([raw], tmp_path / "out", {"workers": 1})
    assert said(done) == [
        [("user", "Open, @helper?"), ("assistant", "Yes & no.")],
        [("user", "Price?"), ("assistant", "Two.")],
    ]
    assert done.ledger["code"].to_list() == [None, None, "ING002", "ING002"]


def test_people_are_told_apart_by_a_mapping_and_not_without_one(tmp_path: Path) -> None:
    people = [{**message, "user": {"U2": "U3"}.get(str(message["user"]), message["user"])} for message in DAY]
    raw = export(tmp_path / "raw", {"help/2026-01-01.json": people})
    refused = tuneset.prepare([raw], tmp_path / "refused", {"workers": 1})
    assert "ingest.mapping" in str(refused.ledger.filter(refused.ledger["code"] == "CNV001")["detail"][0])
    mapping = {"messages": "messages", "role_key": "author.name", "roles": {"Ann": "user", "Bo": "assistant"}}
    params = Params.model_validate({"workers": 1, "ingest": {"mapping": mapping}})
    assert said(tuneset.prepare([raw], tmp_path / "out", params))[1] == [("user", "Price?"), ("assistant", "Two.")]


def test_a_thread_is_whole_where_its_first_message_does_not_say_so(tmp_path: Path) -> None:
    day = [{name: value for name, value in DAY[0].items() if name in ("user", "text", "ts")}, *DAY[1:]]
    done = tuneset.prepare([export(tmp_path / "raw", {"help/2026-01-01.json": day})], tmp_path / "out", {"workers": 1})
    assert said(done)[0] == [("user", "Open, @helper?"), ("assistant", "Yes & no.")]


ROOT, REPLY = DAY[0], DAY[2]
THREAD = [("user", "Open, @helper?"), ("assistant", "Yes & no.")]


@pytest.mark.parametrize(
    "days",
    [
        {"help/2026-01-01.json": [{**ROOT, "reply_count": 2}], "help/2026-01-02.json": [REPLY]},
        {"help/2026-01-01.json": [DAY[1]], "help/2026-01-02.json": [REPLY]},
        {"help/2026-01-01.json": [ROOT], "other/2026-01-02.json": [REPLY]},
    ],
    ids=["a reply is missing", "the first message is missing", "another channel"],
)
def test_a_thread_that_is_not_there_as_a_whole_is_told(tmp_path: Path, days: dict[str, Any]) -> None:
    done = tuneset.prepare([export(tmp_path / "raw", days)], tmp_path / "out", {"workers": 1})
    told = done.ledger.filter(done.ledger["code"] == "ING003")
    assert told.height == sum(one in day or one["ts"] == day[0]["ts"] for day in days.values() for one in (ROOT, REPLY))
    assert said(done) == []


@pytest.mark.parametrize("first", [ROOT, {name: ROOT[name] for name in ("user", "text", "ts")}])
def test_a_thread_goes_on_over_the_days_of_its_channel(tmp_path: Path, first: dict[str, Any]) -> None:
    late = {"type": "message", "user": "U1", "text": "Thanks!", "ts": "9.0", "thread_ts": "1.0"}
    last = {"type": "message", "user": "U2", "text": "You are welcome.", "ts": "9.5", "thread_ts": "1.0"}
    days = {"help/2026-01-01.json": [first, DAY[1], DAY[3]], "help/2026-01-02.json": [last, late, REPLY]}
    first.pop("reply_count", None)
    raw = export(tmp_path / "raw", days)
    done = tuneset.prepare([raw], tmp_path / "out", {"workers": 1})
    assert said(done)[0] == [*THREAD, ("user", "Thanks!"), ("assistant", "You are welcome.")]
    again = tuneset.prepare(sorted(raw.rglob("*.json"), reverse=True), tmp_path / "again", {"workers": 1})
    assert again.ledger.equals(done.ledger)
    parts = done.ledger.filter(done.ledger["code"] == "ING002", done.ledger["source"].str.ends_with("02.json"))
    begin = done.ledger.filter(done.ledger["source"].str.ends_with("01.json"))["row_id"][0]
    assert parts["kept_row_id"].to_list() == [begin] * 3


MESSAGES = st.lists(
    st.tuples(st.sampled_from(["U1", "U2"]), st.sampled_from([None, "0.0", "1.0", "9.0"]), st.sampled_from("ab")),
    min_size=1,
    max_size=8,
)


@settings(max_examples=20, deadline=None)
@given(messages=MESSAGES, cut_at=st.integers(0, 8))
def test_every_message_of_a_day_has_one_place_and_days_change_no_thread(
    messages: list[tuple[str, str | None, str]], cut_at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    day = [
        {
            "type": "message",
            "user": user,
            "text": f"{text}{number}",
            "ts": f"{number}.0",
            **({"thread_ts": of} if of and (number > 1 or of == f"{number}.0") else {}),
        }
        for number, (user, of, text) in enumerate(messages)
    ]
    stamps = {message["ts"] for message in day}
    scattered = [one for one in day if one.get("thread_ts", one["ts"]) not in stamps]
    inside = {message["text"] for message in day if "thread_ts" in message}
    threads = []
    for days in ([day], [day[:cut_at], day[cut_at:]]):
        named = {f"help/2026-01-0{number}.json": one for number, one in enumerate(days) if one}
        shards = cut([export(tmp_path_factory.mktemp("slack"), named)])
        read = [records for shard in shards for records in read_records(shard)]
        assert sum(records.rows for records in read) == len(day)
        told = [reject.code for records in read for reject in records.rejects]
        assert told.count("ING003") == len(scattered)
        whole = [tuple(said["content"] for said in value["messages"]) for one in read for value in one.values]
        threads.append(sorted(one for one in whole if inside & {*one}))
    assert threads[0] == threads[1]


def test_a_message_is_read_as_it_was_left_and_a_file_beside_it_is_told(tmp_path: Path) -> None:
    log = [
        {**DAY[1], "files": [{"id": "F1", "name": "a.png"}]},
        {"type": "message", "user": "U2", "text": "Tow.", "ts": "2.5"},
        {"type": "message", "user": "U1", "text": "Hm", "ts": "2.6"},
        {"type": "message", "subtype": "message_changed", "ts": "3.0", "message": {**DAY[3], "edited": {"ts": "3.0"}}},
        {"type": "message", "subtype": "message_deleted", "ts": "4.0", "deleted_ts": "2.6"},
    ]
    raw = export(tmp_path / "raw", {"help/2026-01-01.json": log})
    (records,) = (records for shard in cut([raw]) for records in read_records(shard))
    (row,) = records.values
    assert [message["content"] for message in row["messages"]] == ["Price?", "Two."]
    assert row["files (said aside)"] == 1
    assert records.rows == len(log)
