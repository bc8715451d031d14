"""A conversation in one text is taken apart where the names of who speaks account for all of it, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.shapes.reading import said, shape_name
from tuneset.reading.rendered_turns import begins_with_marks, without_marks
from tuneset.reading.shapes.transcripts import begins, transcript_of

WORDS = st.text(alphabet="abc dé?.!\n", min_size=1, max_size=20).map(str.strip).filter(bool)
TALKS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3)
COLUMNS = ("text", "chat", "conversation", "transcript", "dialogue", "dialog", "formatted_text")
STYLES = {
    "lines": ("User: {}\n", "Assistant: {}\n"),
    "capitals": ("USER: {}\n", "ASSISTANT: {}\n"),
    "blank lines": ("\n\nHuman: {}", "\n\nAssistant: {}"),
    "a line of its own": ("Human:\n{}\n\n", "AI:\n{}\n\n"),
    "ends": ("USER: {}\n", "ASSISTANT: {}</s>"),
    "bold": ("**User:** {}\n\n", "**Assistant:** {}\n\n"),
    "bold names": ("**User**: {}\n", "**Bot**: {}\n"),
    "angles": ("<human>: {}\n", "<bot>: {}\n"),
    "brackets": ("[Customer]: {}\n", "[Agent]: {}\n"),
    "letters": ("Q: {}\n", "A: {}\n"),
    "words": ("Question: {}\n", "Answer: {}\n"),
}
QUESTIONS = ("letters", "words")


@pytest.mark.parametrize(
    "text",
    [
        "A text about users.",
        "User: Hi",
        "Assistant: Ho\nUser: Hi",
        "A preface.\nUser: Hi\nAssistant: Ho",
        "User: Hi\nUser: Hello?\nAssistant: Ho",
        "User: Hi\nAssistant:\nUser: Hello?\nAssistant: Ho",
        "User: Hi\nAssistant: Ho\nUser: And now?",
        "User: Hi\nAssistant: Ho\nBot: Hm",
        "User: Hi\nHuman: Hello?\nAssistant: Ho",
        "User: Hi\nuser: Hello?\nAssistant: Ho",
        "Q: Hi\nAssistant: Ho",
        "Question: Hi\nA: Ho",
        "User: Hi\nSystem: Be brief.\nAssistant: Ho",
        "User: Hi\nAssistant: I look.\nTool: 9 to 5\nAssistant: Ho",
        "Question: Hi\nThought: Hm\nAction: look\nObservation: 7\nAnswer: Ho",
        "Customer: Hi\nBo: Hm\nCustomer: And now?\nAgent: Ho\nBo: Well.",
        "User: Hi Assistant: Ho",
        "USER: Hi\n\n\nASSISTANT: <functioncall> {}",
        "Model: T-34\nUser: Ann\nAssistant: Bo\nModel: T-35",
        "Client: Acme\nAgent: Bo\nDate: 3 May",
        "user: ann\nassistant: bo\nhost: here\n\nport: 80",
    ],
)
def test_a_text_whose_turns_are_not_certain_is_not_taken_apart(text: str) -> None:
    assert shape_name({"text": text}) is None


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("summary", "They greet."), ("Summary", "They greet."), ("label", "greeting"), ("target", "They greet.")),
        *(("response", "They greet."), ("answer", "They greet."), ("prompt", "Sum it up."), ("labels", ["greeting"])),
    ],
)
def test_a_transcript_beside_what_is_to_be_made_of_it_is_not_taken_apart(column: str, name: str, value: object) -> None:
    assert shape_name({column: "Customer: Hi\nAgent: Ho", name: value}) != "chat_template"


@pytest.mark.parametrize(
    "beside", [{"id": "7"}, {"summary": ""}, {"label": "good"}, {"label": True}, {"topic": "hours"}]
)
def test_a_transcript_beside_what_is_said_of_it_is_read(beside: dict[str, object]) -> None:
    assert said({"transcript": "Customer: Hi\nAgent: Ho", **beside}) == [("user", "Hi"), ("assistant", "Ho")]


@pytest.mark.parametrize("style", STYLES)
@given(talk=TALKS, column=st.sampled_from(COLUMNS), stops=st.booleans())
def test_a_talk_comes_back_from_any_style(style: str, talk: list[tuple[str, str]], column: str, *, stops: bool) -> None:
    question, answer = STYLES[style]
    text = "".join(question.format(asked) + answer.format(given) for asked, given in talk)
    ended = f"{text}\n{question.format('')}" if stops else text
    turns = [turn for pair in talk for turn in zip(("user", "assistant"), pair, strict=True)]
    assert said({column: ended}) == turns
    assert said({column: f"System: Be brief.\n{text}"}) == [("system", "Be brief."), *turns]


@pytest.mark.parametrize("style", STYLES)
@given(talk=TALKS)
def test_a_prompt_that_ends_where_its_answer_begins_gives_all_turns(style: str, talk: list[tuple[str, str]]) -> None:
    question, answer = STYLES[style]
    *earlier, (asked, given_last) = talk
    before = "".join(question.format(ask) + answer.format(reply) for ask, reply in earlier)
    prompt = before + question.format(asked) + answer.format("").removesuffix("</s>").rstrip()
    messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": f" {given_last}"}]
    found = without_marks({"messages": messages}) if begins_with_marks({"messages": messages}) else {}
    if style in QUESTIONS:
        assert found["messages"] == messages  # examples that a prompt gives are a part of it
        return
    turns = [turn for pair in talk for turn in zip(("user", "assistant"), pair, strict=True)]
    assert [(message["role"], message["content"]) for message in found["messages"]] == turns


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("User: Hi\nBot: Ho\nUser: And now?", "They greet each other."),
        ("User: Hi\nBot: Ho", "They greet each other."),
        ("Customer: I want it back.", "Say who you are."),
        ("User: what does this word mean?", "Somebody who uses something."),
    ],
)
def test_a_question_about_a_transcript_stays(question: str, answer: str) -> None:
    example = {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}
    assert without_marks(example) is example


@pytest.mark.parametrize("name", ["User", "AI", "representative"])
@pytest.mark.parametrize("marks", [("", ""), ("**", "**"), ("<", ">"), ("[", "]")])
@pytest.mark.parametrize("before", ["", "\n\t ", "\u3000" * 40])
def test_a_text_begins_with_who_speaks_however_it_is_marked(name: str, marks: tuple[str, str], before: str) -> None:
    """A colon that stands too far behind begins no turn; the longest name with the most marks is not too far."""
    begin, end = marks
    assert not begins(f"{before}{begin}{name} said{end}: Hi")
    assert begins(f"{before}{begin}{name.upper()}{end}: Hi")


@given(st.text(alphabet="ab:\n*<>", max_size=30), st.sampled_from(["User", "Assistant", "Q", "A", "Human", "System"]))
def test_whatever_is_taken_apart_was_said_word_for_word(text: str, name: str) -> None:
    whole = f"User: x\n{name}: {text}\nAssistant: y"
    turns = transcript_of(whole)
    assert turns is None or all(str(turn["content"]) in whole for turn in turns)
