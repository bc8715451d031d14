"""Whatever is sent, the answer is in the protocol's envelope, and never that the server had an error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai import OpenAI

from tests.endpoint.api.test_file_routes import post_form

DIGITS = "9" * 5_000
ODD = st.one_of(
    st.sampled_from(["", DIGITS, "-1", "0", "1e3", "٣", "null", "\x00", "%00", "a" * 3_000, "\U0001f600", "' OR 1=1"]),
    st.text(max_size=20),
)
NAMES = ["limit", "after", "order", "purpose", "metadata", "metadata[a]", "metadata[]", "metadata[", "metadata[a][b]"]
LISTS = ["/files", "/fine_tuning/jobs", "/models", "/fine_tuning/jobs/x/events", "/fine_tuning/jobs/x/checkpoints"]
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), ODD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD, inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "model", "training_file", "validation_file", "hyperparameters", "method", "suffix", "seed", "metadata",
    "integrations", "filename", "purpose", "bytes", "mime_type", "expires_after", "part_ids", "md5",
]  # fmt: skip
ON_A_SHARED_CLIENT = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def check(answer: httpx2.Response) -> None:
    """The answer is none of a defect."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


def http(client: OpenAI) -> Any:  # noqa: ANN401  the test client of the fixture
    return client._client


@ON_A_SHARED_CLIENT
@given(st.sampled_from(LISTS), st.lists(st.tuples(st.sampled_from(NAMES), ODD), max_size=4))
def test_no_query_is_a_defect(shared_client: OpenAI, path: str, query: list[tuple[str, str]]) -> None:
    check(http(shared_client).get(path, params=query))


@ON_A_SHARED_CLIENT
@given(
    st.sampled_from(["/fine_tuning/jobs", "/uploads", "/uploads/x/complete"]),
    st.dictionaries(st.sampled_from(FIELDS), JSON),
)
def test_no_body_is_a_defect(shared_client: OpenAI, path: str, body: dict[str, Any]) -> None:
    check(
        http(shared_client).post(path, content=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
    )


@ON_A_SHARED_CLIENT
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["purpose", "purpose[x]", "expires_after", "expires_after[seconds]", "expires_after[seconds][x]",
                 "expires_after[anchor]", "expires_after[", "[", "file", ""]
            ),
            ODD,
        ),
        max_size=4,
    )
)  # fmt: skip
def test_no_form_is_a_defect(shared_client: OpenAI, fields: list[tuple[str, str]]) -> None:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode("utf-8", "replace")
        for name, value in fields
    ]
    file = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n{}\r\n'
    check(post_form(shared_client, b"".join([*parts, file, b"--b--\r\n"])))


@pytest.mark.parametrize("suffix", ["/", "//x", "/a/b", "/..%2f", "/%00", "/ft:a:b/c:d"])
@pytest.mark.parametrize("base", ["/models", "/files", "/fine_tuning/jobs"])
def test_no_path_is_a_defect(shared_client: OpenAI, base: str, suffix: str) -> None:
    for method in ("GET", "DELETE", "POST", "PUT"):
        check(http(shared_client).request(method, base + suffix))


def test_many_filters_are_refused(shared_client: OpenAI) -> None:
    answer = http(shared_client).get(
        "/fine_tuning/jobs", params={f"metadata[{number}]": "x" for number in range(1_200)}
    )
    assert answer.json()["error"]["message"] == "Invalid 'metadata': a job has at most 16 pairs"


def test_a_wrong_method_is_told_the_right_ones(shared_client: OpenAI) -> None:
    answer = http(shared_client).patch("/files")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert http(shared_client).put("/models/a/b").headers["allow"] == "DELETE, GET, HEAD"


def test_fields_of_a_form_do_not_fill_the_memory(shared_client: OpenAI) -> None:
    """Nor do its headers, and what stands before and after its parts."""
    field = b'--b\r\nContent-Disposition: form-data; name="%d"\r\n\r\n' + b"x" * 4_000 + b"\r\n"
    header = b"--b\r\nX: " + b"x" * 4_000 + b'\r\nContent-Disposition: form-data; name="%d"\r\n\r\n\r\n'
    for part in (field, header):
        answer = post_form(shared_client, b"".join(part % number for number in range(20)))
        assert answer.status_code == 400
        assert "bytes beside its file" in answer.json()["error"]["message"]
    assert "bytes beside its file" in post_form(shared_client, b"\r\n" * 40_000).json()["error"]["message"]


@pytest.mark.parametrize("path", ["/files", "/models", "/fine_tuning/jobs", "/batches", "/vector_stores"])
def test_a_slash_at_the_end_changes_nothing(shared_client: OpenAI, path: str) -> None:
    plain, slash = http(shared_client).get(path), http(shared_client).get(f"{path}/")
    assert (slash.status_code, slash.json()) == (plain.status_code, plain.json()) == (200, plain.json())
    assert slash.history == []


@pytest.mark.parametrize("path", ["/fine_tuning/jobs", "/batches", "/chat/completions", "/uploads"])
def test_a_byte_order_mark_before_a_body_is_no_part_of_it(shared_client: OpenAI, path: str) -> None:
    answers = [http(shared_client).post(path, content=mark + b"{}") for mark in (b"", b"\xef\xbb\xbf")]
    assert answers[0].json()["error"] == answers[1].json()["error"]
    assert "parse" not in answers[1].json()["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/fine_tuning/jobs", "/batches", "/chat/completions", "/files", "/uploads/x/complete"]
)
@pytest.mark.parametrize("coding", ["gzip", "br", "x-unknown"])
def test_a_compressed_body_is_refused_as_that(shared_client: OpenAI, path: str, coding: str) -> None:
    answer = http(shared_client).post(path, content=b"\x1f\x8b", headers={"Content-Encoding": coding})
    check(answer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_content_encoding")


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/chat/completions", {"messages": [{}], "stop": ["a"] * 5}, "'stop': List should have at most 4 items"),
        ("/chat/completions", {"messages": [{}], "stop": 5}, "'stop': Input should be a valid string"),
        ("/completions", {"prompt": ["a"] * 65}, "'prompt': List should have at most 64 items"),
        ("/fine_tuning/jobs", {"training_file": "a", "hyperparameters": {"n_epochs": 51}}, "less than or equal to 50"),
    ],
)
def test_of_a_field_of_several_types_the_fault_of_the_right_one_is_told(
    shared_client: OpenAI, path: str, body: dict[str, Any], message: str
) -> None:
    answer = http(shared_client).post(path, json={"model": "local-tiny", **body})
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401  any JSON value
    """Every place in a document, its own first."""
    yield path
    if isinstance(value, dict | list):
        for name in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[name], (*path, name))


def with_put(value: Any, path: tuple[str | int, ...], odd: Any) -> Any:  # noqa: ANN401  any JSON values
    """The document with something else at a place."""
    if not path:
        return odd
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = with_put(value[path[0]], path[1:], odd)
    return copied


FUNCTION = {"name": "f", "parameters": {"type": "object", "properties": {}}}
ASKED: dict[str, dict[str, Any]] = {
    "/chat/completions": {
        "model": "nobody", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}], "n": 1,
        "max_tokens": 3, "stop": ["x"], "logprobs": True, "top_logprobs": 2, "response_format": {"type": "text"},
        "tools": [{"type": "function", "function": FUNCTION}], "tool_choice": "auto", "metadata": {"a": "b"},
        "stream": True, "stream_options": {"include_usage": True},
    },
    "/completions": {"model": "nobody", "prompt": ["hi"], "max_tokens": 3, "logprobs": 1, "stop": ["x"], "echo": False},
    "/responses": {
        "model": "nobody", "input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
        "text": {"format": {"type": "text"}}, "tools": [{"type": "function", **FUNCTION}], "include": [],
        "reasoning": {"effort": "low"}, "metadata": {"a": "b"}, "previous_response_id": None, "tool_choice": "auto",
    },
}  # fmt: skip
"""Bodies that are whole, but for a model that is not there."""
WRONG: tuple[Any, ...] = (
    None, 0, -1, 1.5, True, "", "x", "\x00", [], {}, [None], [[]], {"a": {"b": []}}, ["x", "x"], 2**63, -(2**70),
)  # fmt: skip


@pytest.mark.parametrize("path", ASKED)
def test_no_wrong_value_at_any_place_of_a_question_is_a_defect(shared_client: OpenAI, path: str) -> None:
    whole = http(shared_client).post(path, json=ASKED[path])
    assert (whole.status_code, whole.json()["error"]["code"]) == (404, "model_not_found")
    for place in places(ASKED[path]):
        for odd in WRONG:
            body = json.dumps(with_put(ASKED[path], place, odd)).encode()
            answer = http(shared_client).post(path, content=body, headers={"Content-Type": "application/json"})
            check(answer)
            assert answer.status_code >= 400
