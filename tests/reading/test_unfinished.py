"""A row whose own log says that its answer is not whole is told apart, whatever API or tracer wrote it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.params import IngestParams
from tuneset.reading.records import Records
from tuneset.reading.unfinished import unfinished, without_unfinished
from tuneset.stages.ingest import ingest

ANSWER = {"role": "assistant", "content": "It is"}
ASK = {"role": "user", "content": "Is it open?"}


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [ASK, ANSWER]},
        {"messages": [ASK, {**ANSWER, "finish_reason": "stop"}]},
        {"messages": [{**ANSWER, "finish_reason": "length"}, ASK, ANSWER]},
        {"question": "?", "answer": "length"},
        {"finish_reason": "tool_calls"},
        {"finish_reason": None},
        {"finish_reason": []},
        {"request": {"max_tokens": 5, "stop_reason": "length"}, "response": {"choices": [{"message": ANSWER}]}},
        {"response": {"choices": [{"finish_reason": "stop"}, {"finish_reason": "length"}]}},
        {"response": {"status": "completed", "incomplete_details": None}},
        {"length": "max_tokens"},
        {"messages": [ASK, {"role": "assistant", "parts": [{"type": "text", "text": "It", "state": "done"}]}]},
        {"prompt": "Write the field of a cut answer", "completion": '{"finish_reason": "length"}'},
        {"instruction": "As JSON", "output": '{"id": 7, "stop_reason": "error"}'},
        {"question": "?", "answer": "!", "response.choices.1.finish_reason": "length"},
        {"attributes": {"gen_ai.completion.1.finish_reason": "length", "gen_ai.completion.0.finish_reason": "stop"}},
        {"question": "?", "answer": "!", "stop_reason": 2},  # vLLM: the token at which it stopped
        {"question": "?", "answer": "!", "finish_reason": 1},
        {"question": "?", "answer": "!", "finish_reason": {"matched": 2, "type": "stop"}},
        {"question": "?", "answer": "!", "finish_reason": "FinishReason.STOP"},
        {"question": "?", "answer": "!", "metadata": {"status": "cancelled", "length": "max_tokens"}},
        {"question": "?", "answer": "!", "info": {"order": 5, "status": "pending"}},
        {"question": "?", "answer": "!", "stop_type": "limit"},  # of an order at a stock exchange
        {"question": "?", "answer": "!", "completion_reason": "cancelled"},
        {"question": "?", "answer": "!", "machine.stop_reason": "error"},
        {"question": "?", "answer": "!", "pump[0].stop_reason": "max_tokens"},
        {"question": "?", "answer": "!", "metadata": {"stop_reason": "timeout", "line": 3}},
        {"question": "?", "answer": "!", "details": {"error": {"message": "KeyError"}}},
        {"question": "?", "answer": "!", "usage": {"errors": 3}},
        {"question": "?", "answer": "!", "finish_reason": "stop", "metadata": {"status": "failed", "order": 5}},
    ],
)
def test_what_ended_by_itself_is_not_cut_off(record: dict[str, Any]) -> None:
    assert unfinished(record) is None


@pytest.mark.parametrize(
    "record",
    [
        {"question": "?", "answer": "It is", "finish_reason": "length"},
        {"attributes": {"gen_ai.completion.0.content": "It is", "gen_ai.completion.0.finish_reason": "length"}},
        {"attributes": [{"key": "gen_ai.completion.0.finish_reason", "value": {"stringValue": "length"}}]},
        {"question": "?", "answer": "It is", "response.choices.0.finish_reason": "length"},
        {"question": "?", "answer": "It is", "metadata": {"finish_reason": "length"}},
        {"question": "?", "answer": "It is", "meta_info": {"finish_reason": {"length": 16, "type": "length"}}},
        {"inputs": "?", "outputs": "It is", "details": '{"finish_reason": "length"}'},
        {"question": "?", "answer": "It is", "finishReason": 2},
        {"question": "?", "answer": "It is", "finish_reason": "FinishReason.MAX_TOKENS"},
        {"question": "?", "answer": "It is", "finish_reason": "FINISH_REASON_SAFETY"},
        {"question": "?", "answer": "It is", "stop_type": "limit", "stopping_word": ""},
        {"question": "?", "answer": "It is", "completion_reason": "max_tokens"},
        {"question": "?", "answer": "It is", "response.choices[0].finish_reason": "length"},
        {"question": "?", "answer": "It is", "metadata": {"stop_reason": "max_tokens"}},
        {"question": "?", "answer": "It is", "metadata": {"finish_reason": "error", "prompt_tokens": 9}},
        {"question": "?", "answer": "It is", "metadata": {"latency_ms": 9, "status": "failed"}},
        {"question": "?", "answer": "It is", "http_status": 500},
        {"messages": [ASK, {"role": "assistant", "parts": [{"type": "text", "text": "It", "state": "streaming"}]}]},
        {"messages": [ASK, {**ANSWER, "finish_reason": "length"}]},
        {"messages": [ASK], "choices": [{"message": ANSWER, "finish_reason": "content_filter"}]},
        {"request": {"messages": [ASK]}, "response": {"body": {"choices": [{"finish_reason": "length"}]}}},
        {"request": {"messages": [ASK]}, "response": '{"choices": [{"finish_reason": "length"}]}'},
        {"question": "?", "response": '{"text": "It is", "finish_reason": "length"}'},
        {"question": "?", "answer": "It is", "response_metadata": '{"finish_reason": "length"}'},
        {"input": [ASK], "output": {"content": [], "stop_reason": "max_tokens"}},
        {"contents": [], "candidates": [{"content": {}, "finishReason": "MAX_TOKENS"}]},
        {"response": {"candidates": [{"content": {}, "finishReason": "SAFETY"}]}},
        {"output": {"message": ANSWER}, "stopReason": "max_tokens"},
        {"response": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}},
        {"outputs": {"generations": [[{"text": "It is", "generation_info": {"finish_reason": "length"}}]]}},
        {"attributes": {"gen_ai.response.finish_reasons": ["length"]}},
        {
            "attributes": [
                {
                    "key": "gen_ai.response.finish_reasons",
                    "value": {"arrayValue": {"values": [{"stringValue": "length"}]}},
                }
            ]
        },
        {"prompt": "?", "response": "It is", "done_reason": "length"},
    ],
)
def test_an_answer_without_its_end_is_told(record: dict[str, Any]) -> None:
    assert unfinished(record) is not None


def test_a_reason_is_looked_for_eight_levels_deep_and_no_deeper() -> None:
    record: dict[str, Any] = {"finish_reason": "length"}
    for level in range(1, 2000):
        record = {"response": record}
        if level <= 10:
            assert (unfinished(record) is not None) == (level <= 8)
    assert unfinished(record) is None


LOG: dict[str, Any] = {"messages": [ASK, ANSWER], "latency_ms": 7}
RESPONSE: dict[str, Any] = {
    "object": "response",
    "input": [ASK],
    "output": [{"type": "message", "role": "assistant", "status": "completed", "content": []}],
}


@pytest.mark.parametrize(
    "record",
    [
        {**LOG, "status": "success"},
        {**LOG, "status": 200, "error": None},
        {**LOG, "error": "", "errors": [], "error_information": {"error_code": "", "llm_provider": "openai"}},
        {**LOG, "error": "None", "level": "DEFAULT", "success": True},
        {**LOG, "status": {"code": "OK"}},
        {**LOG, "status_code": "OK", "is_error": False, "cancelled": False},
        {**LOG, "status": "shipped"},
        {**LOG, "target": False},
        {"messages": [ASK, ANSWER], "status": "cancelled"},
        {"messages": [ASK, ANSWER], "status_code": 404},
        {"messages": [ASK, ANSWER], "level": "error"},
        {"question": "Why?", "answer": "A quote is missing.", "error": "SyntaxError: invalid syntax"},
        {"prompt": "?", "response": "!", "status": "pending"},
        {"messages": [ASK, ANSWER, {"role": "tool", "content": "no", "status": "error"}], "latency_ms": 7},
        {**RESPONSE, "status": "completed", "error": None},
        {"instruction": "As JSON", "output": '{"id": 7, "status": "failed"}'},
        {"messages": [ASK, {**ANSWER, "refusal": None}]},
        {"messages": [ASK, {"role": "assistant", "content": None, "refusal": "I cannot."}]},
        {"messages": [ASK, {"role": "assistant", "content": [{"type": "refusal", "refusal": "I cannot."}]}]},
    ],
)
def test_a_call_that_went_well_and_a_row_that_is_no_log_are_whole(record: dict[str, Any]) -> None:
    assert unfinished(record) is None


@pytest.mark.parametrize(
    "record",
    [
        {"model": "m", "call_type": "completion", "messages": [ASK], "response": {"choices": []}, "status": "failure"},
        *({**RESPONSE, "status": status} for status in ("failed", "incomplete", "cancelled", "in_progress", "queued")),
        {"request": {"input": [ASK]}, "response": {**RESPONSE, "status": "failed"}},
        {"input": [ASK], "output": [{"type": "message", "role": "assistant", "status": "incomplete"}]},
        {**LOG, "error": "RateLimitError: too many"},
        {"messages": [ASK, ANSWER], "error": {"code": 429}},
        {**LOG, "error_info": {"exception_type": "Late"}},
        {**LOG, "exception": "Late"},
        {**LOG, "status": {"code": 2}},
        {**LOG, "level": "ERROR"},
        {**LOG, "cancelled": True},
        {**LOG, "success": False},
        {"request_body": {}, "response_body": {}, "response_status": 500},
        {"request": {}, "response": {"status": "500", "body": {}}},
        {"op_name": "create", "output": {"choices": []}, "summary": {"weave": {"status": "error"}}},
        {"event": "$ai_generation", "properties": {"$ai_is_error": True}},
        {"attributes": {"error.type": "timeout"}},
        {"messages": [ASK, ANSWER], "exit_status": "submitted", "target": False},
        {"messages": [ASK, {**ANSWER, "status": "incomplete"}]},
        {"messages": [ASK, {**ANSWER, "refusal": "I cannot."}]},
        {"messages": [ASK, {**ANSWER, "content": [{"type": "text", "text": "Yes"}, {"type": "refusal"}]}]},
    ],
)
def test_a_call_that_failed_or_has_not_ended_is_told(record: dict[str, Any]) -> None:
    assert unfinished(record) is not None


QUESTION = {"question": "Where is my order?", "answer": "On its way."}


@pytest.mark.parametrize(
    "columns",
    [
        {"object": "order", "status": "cancelled"},
        {"usage": "informal", "state": "partial"},
        {"usage": "rare", "error": "spelling"},
        {"start_time": "9:00", "end_time": "10:00", "status": "cancelled"},
        {"started_at": "1939", "state": "expired"},
        {"span_kind": "noun", "status": "partial"},
        {"spend": 5.2, "state": "expired"},
        {"data": {"status": "cancelled", "order": 5}},
        {"result": {"state": "pending"}},
        {"body": {"status": 404}},
        {"message": {"status": "expired", "id": 3}},
        {"attributes": {"error": "grammar", "level": 3}},
        {"properties": {"state": "pending"}},
        {"summary": {"errors": 3}},
        {"exit_status": "voluntary"},
    ],
)
def test_the_state_of_what_a_row_is_about_is_none_of_its_answer(columns: dict[str, Any]) -> None:
    for row in ({**QUESTION, **columns}, {"messages": [ASK, ANSWER], **columns}):
        result = ingest(Records([1], [0], [row]), "a.jsonl", IngestParams(), "sft")
        assert result.tables.examples.height == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"object": "response", "status": "cancelled"},
        {"usage": {"total": 7}, "state": "partial"},
        {"start_time": "9:00", "model": "m", "status": "cancelled"},
        {"result": {"choices": [{"message": ANSWER}], "status": "cancelled"}},
        {"message": {**ANSWER, "status": "incomplete"}},
        {"data": {"trace_id": "t", "status": "cancelled"}},
        {"exit_status": "LimitsExceeded"},
    ],
)
def test_a_word_that_rows_may_have_too_counts_where_something_else_is_of_a_call(columns: dict[str, Any]) -> None:
    result = ingest(Records([1], [0], [{**QUESTION, **columns}]), "a.jsonl", IngestParams(), "sft")
    assert result.rejects["code"].to_list() == ["LBL001"]


@given(
    st.sampled_from([("instruction", "output"), ("prompt", "response"), ("prompt", "completion")]),
    st.dictionaries(
        st.sampled_from(["status", "error", "errors", "success", "message", "data", "result", "text", "level", "done"]),
        st.sampled_from(["failed", "error", 404, False, "pending", {"code": 5}, ["late"]]),
        min_size=1,
    ),
)
def test_an_answer_that_is_json_is_whole_whatever_it_says(names: tuple[str, str], said: dict[str, Any]) -> None:
    asked, answered = names
    row = {asked: "Write the reply of the service.", answered: json.dumps(said)}
    result = ingest(Records([1], [0], [row]), "a.jsonl", IngestParams(), "sft")
    assert result.rejects["code"].to_list() == []
    assert json.loads(result.tables.messages["content"][1]) == said


def test_a_state_of_more_digits_than_numbers_may_have_is_none() -> None:
    assert unfinished({**LOG, "status": "9" * 5000, "status_code": "404"}) is not None
    assert unfinished({**LOG, "status": "9" * 5000}) is None


@pytest.mark.parametrize("mark", [{"finish_reason": "length"}, {"status": "error"}, {"refusal": "I cannot."}])
def test_an_answer_before_the_last_that_is_not_whole_is_not_learned(mark: dict[str, Any]) -> None:
    example = {"messages": [ASK, {**ANSWER, **mark}, ASK, ANSWER]}
    assert [message.get("weight") for message in without_unfinished(example)["messages"]] == [None, 0, None, None]
    whole = {"messages": [ASK, {**ANSWER, "finish_reason": "stop"}, {**ASK, **mark}, ANSWER]}
    assert without_unfinished(whole) is whole


@pytest.mark.parametrize("note", [{"errors": ["their"]}, {"level": "error"}])
def test_what_a_turn_of_a_lesson_says_of_its_mistakes_is_no_failure(note: dict[str, Any]) -> None:
    example = {"messages": [ASK, {**ANSWER, **note}, ASK, {**ANSWER, **note}]}
    assert without_unfinished(example) is example
    assert unfinished(example) is None


@pytest.mark.parametrize(("labelled_bad", "kept"), [("drop", 1), ("keep", 2)])
def test_it_goes_as_an_answer_that_is_labelled_bad(labelled_bad: str, kept: int) -> None:
    rows = [{"messages": [ASK, {**ANSWER, "finish_reason": reason}]} for reason in ("stop", "length")]
    params = IngestParams.model_validate({"labelled_bad": labelled_bad})
    result = ingest(Records([1, 2], [0, 0], rows), "a.jsonl", params, "sft")
    assert result.tables.examples.height == kept
    assert result.rejects["code"].to_list() == ["LBL001"] * (2 - kept)


@pytest.mark.parametrize(
    "record",
    [
        {"request": {"messages": [ASK]}, "response": {"type": "error", "error": {"message": "late"}}},
        {"request": {"messages": [ASK]}, "response": {"error": {"message": "late"}}, "status": 429},
        {"object": "chat.completion", "input": [ASK], "choices": [], "error": {"code": "server_error"}},
    ],
)
def test_a_call_with_an_error_for_an_answer_is_no_unknown_shape(record: dict[str, Any]) -> None:
    found = ingest(Records([1], [0], [record]), "a.jsonl", IngestParams(), "sft")
    assert found.rejects["code"].to_list() == ["LBL001"]
    kept = ingest(Records([1], [0], [record]), "a.jsonl", IngestParams(labelled_bad="keep"), "sft")
    assert kept.rejects["code"].to_list() == ["ING001"]
