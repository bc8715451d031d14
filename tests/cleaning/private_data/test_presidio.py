"""What Presidio finds, run with the extra and a model of spaCy for English (`make presidio`)."""

import pytest

from tests.builders import chat, tables_of
from tuneset.cleaning.private_data.presidio import names, version
from tuneset.errors import UsageError
from tuneset.example_tables import to_examples
from tuneset.params import CleanParams, RedactParams
from tuneset.stages.clean import clean

pytestmark = pytest.mark.presidio


def found(text: str) -> list[tuple[str, str]]:
    return [(span.kind, text[span.start : span.end]) for span in names(text, "")]


def test_a_text_without_names_has_none() -> None:
    assert found("def main(argv): return sum(argv) + 42") == []


def test_people_and_places_are_found_without_the_quotes_around_them() -> None:
    assert found('My name is Maria Gonzalez. I live in "Berlin".') == [
        ("person", "Maria Gonzalez"),
        ("location", "Berlin"),
    ]


def test_a_conversation_has_one_placeholder_a_person_and_is_at_rest() -> None:
    params = CleanParams(redact=RedactParams(detectors=["presidio"]))
    result = clean(tables_of([chat("My name is Maria Gonzalez.", "hello maria gonzalez")]), params)
    (example,) = to_examples(result.tables)
    assert [message["content"] for message in example["messages"]] == ["My name is <PERSON_1>.", "hello <PERSON_1>"]
    assert to_examples(clean(result.tables, params).tables) == [example]


def test_a_model_that_is_not_installed_is_named_with_those_that_are() -> None:
    assert "spacy 3." in version("")
    with pytest.raises(UsageError, match="the spaCy model de_none_sm is not installed"):
        version("de_none_sm")
