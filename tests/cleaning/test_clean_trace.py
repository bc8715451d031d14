"""The trace of changes: what stays is not in it, every cell that differs is, and what is gone says so."""

from tests.builders import chat, pair, tables_of
from tuneset.cleaning.clean_trace import TRACE_SCHEMA, trace
from tuneset.example_tables import Example
from tuneset.model import Tables

TOLD = ("line", "branch", "turn", "column", "step", "before", "after")


def told(read: Tables, *states: tuple[str, Tables]) -> list[tuple[object, ...]]:
    found = trace(read, states)
    assert found.schema == TRACE_SCHEMA
    return found.select(TOLD).rows()


def only(tables: Tables, *numbers: int) -> Tables:
    """Some of the messages, by position; all of the examples."""
    return Tables(tables.examples, tables.messages[list(numbers)])


def test_no_states_and_states_without_a_difference_leave_no_trace() -> None:
    tables = tables_of([chat("q", "a"), chat("r", "b")])
    assert told(tables) == []
    assert told(tables, ("one", tables), ("two", tables_of([chat("q", "a"), chat("r", "b")]))) == []
    assert told(tables_of([]), ("one", tables_of([]))) == []


def test_an_example_that_is_gone_is_no_change() -> None:
    tables = tables_of([chat("q", "a"), chat("r", "b")])
    assert told(tables, ("one", tables.keep(tables.examples["line"] == 2))) == []


def test_each_step_tells_its_own_part_from_old_to_new() -> None:
    states = [("one", tables_of([chat("q", "A")])), ("two", tables_of([chat("q", "A!")]))]
    assert told(tables_of([chat("q", "a")]), *states) == [
        (1, "prompt", 1, "content", "one", "a", "A"),
        (1, "prompt", 1, "content", "two", "A", "A!"),
    ]


def test_every_column_of_messages_and_examples_is_told() -> None:
    def example(word: str) -> Example:
        call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": f'{{"a":"{word}"}}'}}
        messages = [
            {"role": "user", "content": [{"type": "text", "text": word}]},
            {"role": "assistant", "content": word, "tool_calls": [call], "note": word},
        ]
        return {"messages": messages, "tools": [{"note": word}], "more": word}

    before, after = tables_of([example("old")]), tables_of([example("new")])
    found = told(before, ("step", after))
    assert [place[:4] for place in found] == [
        (1, "prompt", 0, "parts"),
        (1, "prompt", 1, "content"),
        (1, "prompt", 1, "tool_calls"),
        (1, "prompt", 1, "extra"),
        (1, None, None, "tools"),
        (1, None, None, "extra"),
    ]
    assert all(str(place[5]).replace("old", "new") == place[6] for place in found)


def test_a_cell_that_is_emptied_has_nothing_after() -> None:
    noted = tables_of([{"messages": [{"role": "user", "content": "q", "note": 1}]}])
    bare = tables_of([{"messages": [{"role": "user", "content": "q"}]}])
    assert told(noted, ("step", bare)) == [(1, "prompt", 0, "extra", "step", '{"note":1}', None)]


def test_a_message_that_is_gone_is_told_once_with_all_that_stood_in_it() -> None:
    noted: Example = {"messages": [{"role": "system", "note": 1}, *chat("q", "a")["messages"]]}
    tables = tables_of([noted])
    assert told(tables, ("removed", only(tables, 1, 2)), ("later", only(tables, 1, 2))) == [
        (1, "prompt", 0, "content", "removed", "", None),
        (1, "prompt", 0, "extra", "removed", '{"note":1}', None),
    ]


def test_changes_come_in_the_order_of_the_messages_and_not_of_the_steps() -> None:
    read = tables_of([chat("q", "a"), chat("r", "b")])
    states = [
        ("one", tables_of([chat("q", "a"), chat("R", "b")])),
        ("two", tables_of([chat("q", "A"), chat("R", "b")])),
    ]
    assert [(place[0], place[2], place[4]) for place in told(read, *states)] == [(1, 1, "two"), (2, 0, "one")]


def test_the_branches_of_a_pair_come_as_they_are_written() -> None:
    read, after = (tables_of([pair(*words)], line_format="dpo") for words in ("qab", "QAB"))
    assert [place[1] for place in told(read, ("step", after))] == ["prompt", "preferred", "non_preferred"]
