"""Records of known exports that are no example are told by name, and no mapping is advised that makes one of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reading.shapes.reading import said, shape_name
from tuneset.reading.shapes.known_records import known_record
from tuneset.reading.shapes.unknown_row import unknown

ASKED = {"messages": [{"type": "human", "content": "Is it open?", "additional_kwargs": {}}]}
ANSWERED = {"type": "ai", "content": "Yes.", "additional_kwargs": {}}


@pytest.mark.parametrize(
    "row",
    [
        {"title": "Hours", "body": "Nine to five."},
        {"number": 7, "title": "Hours", "body": "Nine to five."},
        {"type": "response", "text": "Yes."},
        {"key": "a", "type": "text", "value": "Yes."},
        {"PostTypeId": "question", "Body": "?"},
        {"issues": 3, "body": "?"},
        {"texts": ["a", "b"]},
        {"type": "shop", "data": {"content": "?"}, "parentId": 1},
        {"requests": 3, "responderUsername": "Bo"},
        {"object": "cup", "choices": ["a", "b"], "run_type": "llm"},
    ],
)
def test_a_row_that_only_shares_a_column_with_an_export_is_not_called_one(row: dict[str, Any]) -> None:
    told = known_record(row)
    assert told is None or "an answer of an API" in told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"id": 1, "post_stream": {"posts": []}}, "a topic of Discourse"),
        ({"id": 1, "topic_id": 3, "post_number": 2, "cooked": "<p>!</p>", "username": "bo"}, "a post of Discourse"),
        ({"key": "A-1", "fields": {"summary": "Hours"}}, "an issue of Jira"),
        ({"startAt": 0, "issues": [{"key": "A-1", "fields": {"summary": "Hours"}}]}, "a page of issues of Jira"),
        ({"object": "chat.completion.chunk", "choices": []}, "a piece of a streamed answer"),
        ({"object": "chat.completion", "choices": []}, "an answer of an API without its request"),
        ({"type": "content_block_delta", "index": 0, "delta": {"text": "!"}}, "a piece of a streamed answer"),
        ({"type": "response.output_text.delta", "delta": "!"}, "a piece of a streamed answer"),
        ({"model": "m", "created_at": "2026", "response": "!", "done": False}, "a piece of one that was streamed"),
        ({"candidates": [{"content": {"parts": [{"text": "!"}]}}]}, "a piece of one that was streamed"),
        ({"doc_id": 0, "doc": {"question": "?"}, "resps": [["!"]]}, "a result of an evaluation"),
        ({"req": {"turns": [{"role": "user", "content": "?"}]}, "got": {"said": "!"}}, "its answer stands elsewhere"),
        ({"number": 1, "title": "Crash", "body": "It crashes.", "comments": 2}, "an issue of GitHub"),
        ({"issue_url": "https://a/1", "user": {"login": "bo"}, "body": "Update."}, "a comment of GitHub"),
        ({"iid": 1, "title": "Crash", "description": "It crashes."}, "an issue or merge request of GitLab"),
        ({"id": 1, "body": "Update.", "noteable_type": "Issue", "author": {"username": "bo"}}, "a note of GitLab"),
        ({"id": "a", "individual_note": False, "notes": []}, "a discussion of GitLab"),
        ({"Id": "1", "PostTypeId": "1", "Title": "How?", "Body": "<p>How?</p>"}, "a post of Stack Exchange"),
        ({"items": [{"question_id": 1, "title": "How?"}], "quota_remaining": 1}, "a page of Stack Exchange"),
        ({"db": 0, "key": "message_store:1", "type": "list", "value": ["{}"]}, "a list of Redis"),
        ({"message_store:1": ['{"type": "ai", "data": {"content": "!"}}']}, "a list of Redis"),
        ({"ID": 1, "Timestamp": "2026", "Contents": "?", "Attachments": ""}, "a message of Discord of one person"),
        ({"@odata.context": "https://a", "value": [{"subject": "Hours"}]}, "a page of Microsoft Graph"),
        ({"header": "Gemini Apps", "title": "Prompted ?", "products": []}, "an entry of Google's My Activity"),
        ({"requesterUsername": "a", "responderUsername": "b", "requests": []}, "a chat of Copilot in VS Code"),
        ({"type": "user.message", "data": {"content": "?"}, "parentId": "1"}, "an event of a session of Copilot"),
        ({"role": "user", "text": "?", "tokenCount": 4}, "it is one message"),
        ({"uuid": "a", "name": "Shop", "description": "d", "prompt_template": "p", "docs": []}, "a project of Claude"),
        ({"conversation_id": "c", "user_id": "u", "rating": "thumbs_up", "content": "{}"}, "a user of ChatGPT said"),
        ({"id": "r", "object": "response", "output": [{"type": "message", "id": "m"}]}, "an answer of Responses"),
        ({"object": "list", "data": [{"type": "message", "id": "m"}], "first_id": "m"}, "a page of what an API keeps"),
        ({"testCases": [{"name": "t", "input": "?", "actualOutput": "!"}]}, "a result of an evaluation"),
        ({"datasource_item": {}, "sample": {"input": [], "output": []}}, "a result of an evaluation"),
    ],
)  # fmt: skip
def test_an_export_that_is_known_and_not_read_is_told_with_what_to_do(row: dict[str, Any], told: str) -> None:
    assert told in unknown(row, "sft")
    assert "try ingest.mapping: {user" not in unknown(row, "sft")


@pytest.mark.parametrize("kind", ["tool", "retriever", "prompt", "parser", "embedding"])
def test_a_step_of_a_run_that_calls_no_model_is_no_question_and_answer(kind: str) -> None:
    row = {"run_type": kind, "inputs": ASKED, "outputs": {"output": ANSWERED}}
    assert shape_name(row) is None
    assert "a step of a run that is no call of a model" in unknown(row, "sft")
    assert shape_name({**row, "run_type": "llm"}) == "logged_call"


def test_what_a_chain_was_asked_is_not_said_twice_where_it_gives_its_state_back() -> None:
    row = {"run_type": "chain", "inputs": ASKED, "outputs": {"messages": [*ASKED["messages"], ANSWERED]}}
    assert said(row) == [("user", "Is it open?"), ("assistant", "Yes.")]
