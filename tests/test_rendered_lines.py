"""The lines that are written are what a provider takes: the examples, and nothing of what is known beside them."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import chat, pair, tables_of
from tuneset.example_tables import Example, render_lines, to_examples
from tuneset.json_text import dump_line
from tuneset.stages.dedup_keys import with_keys


def test_lines_are_what_the_provider_takes_and_nothing_else() -> None:
    examples = [chat("q\n", "ä", system="s"), {**chat("q", "a"), "tools": [{"type": "function"}]}]
    metas: list[dict[str, object]] = [{"customer": 7}, {}]
    lines = render_lines(with_keys(tables_of(examples, metas=metas)))
    assert (
        lines[0]
        == (
            '{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q\\n"},'
            '{"role":"assistant","content":"ä"}]}\n'
        ).encode()
    )
    assert [orjson.loads(line) for line in lines] == examples


@given(
    st.lists(
        st.lists(
            st.fixed_dictionaries(
                {
                    "role": st.sampled_from(["user", "assistant"]) | st.none(),
                    "content": st.text(max_size=6) | st.none(),
                },
                optional={"name": st.just("ann"), "weight": st.just(0), "tool_calls": st.just([{"id": "1"}])},
            ),
            max_size=3,
        ).map(lambda messages: {"messages": messages}),
        max_size=4,
    ),
    st.booleans(),
)
def test_plain_and_other_talks_are_written_as_their_examples_are(examples: list[Example], tools: bool) -> None:
    if tools and examples:
        examples[0]["tools"] = [{"type": "function"}]
    tables = tables_of(examples)
    assert render_lines(tables) == [dump_line(example) for example in to_examples(tables)]


def test_a_pair_is_written_as_a_pair() -> None:
    lines = render_lines(with_keys(tables_of([pair("q", "a", "b")], line_format="dpo")))
    assert [orjson.loads(line) for line in lines] == [pair("q", "a", "b")]


def test_an_integer_of_any_size_is_written_as_it_is() -> None:
    example = {**chat("q", "a"), "id": 2**80}
    assert f'"id":{2**80}'.encode() in render_lines(tables_of([example]))[0]
