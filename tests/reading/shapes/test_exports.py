"""Exports of chat programs: the branch that was chosen, who spoke, and no guess about what is not in the export."""

from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name
from tuneset.params import Mapping
from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.choose import choose, known_shapes, possible_shapes

TURNS = [("user", "Which bus?"), ("assistant", "The 7.")]


def node(parent: str | None, role: str, text: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    content = {"content_type": "text", "parts": [text]}
    said_here = {"author": {"role": role}, "content": content, "recipient": "all", **more}
    return {"parent": parent, "message": said_here}


TREE = {
    "root": {"parent": None, "message": None},
    "s": node("root", "system", ""),
    "u": node("s", "user", "Which bus?"),
    "old": node("u", "assistant", "The 4."),
    "new": node("u", "assistant", "The 7."),
}


def test_of_a_tree_the_chosen_branch_is_read() -> None:
    assert said({"title": "Bus", "mapping": TREE, "current_node": "new"}) == TURNS
    assert said({"title": "Bus", "mapping": TREE, "current_node": "old"})[1] == ("assistant", "The 4.")


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("A \ue200 alone, and cite.", "A \ue200 alone, and cite."),
        ("The 7.\ue200cite\ue202turn0search1\ue202turn0search4\ue201", "The 7."),
        ("The 7. \ue200cite\ue202turn0search1\ue201 It is late.", "The 7. It is late."),
        ('The \ue200entity\ue202["bus_line","7 \\"Süd\\"","in Ulm"]\ue201 goes.', 'The 7 "Süd" goes.'),
        ('It goes.\n\n\ue200image_group\ue202{"query":["a bus"]}\ue201', "It goes.\n\n"),
    ],
)
def test_marks_that_the_page_draws_something_for_are_no_part_of_a_text(written: str, drawn: str) -> None:
    tree = {**TREE, "new": node("u", "assistant", written)}
    assert said({"mapping": tree, "current_node": "new"})[1] == ("assistant", drawn)


@pytest.mark.parametrize("more", [{"recipient": "browser"}, {"content": {"content_type": "multimodal_text"}}])
def test_what_rests_on_tools_or_images_is_told(more: dict[str, Any]) -> None:
    tree = {**TREE, "new": node("u", "assistant", "The 7.", **more)}
    with pytest.raises(ShapeError):
        read({"mapping": tree, "current_node": "new"})


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ({"content_type": "reasoning_recap", "content": "Thought for 3 s"}, []),
        ({"content_type": "user_editable_context", "user_profile": "", "user_instructions": None}, []),
        ({"content_type": "user_editable_context", "user_instructions": "Rhyme."}, ["mapping (said aside)"]),
        ({"content_type": "model_editable_context", "model_set_context": "Likes 7."}, ["mapping (said aside)"]),
    ],
)
def test_instructions_and_memory_that_are_left_out_are_told(kept: dict[str, Any], told: list[str]) -> None:
    hidden = {"is_visually_hidden_from_conversation": True, "is_user_system_message": True}
    tree = {**TREE, "s": node("root", "user", "", content=kept, metadata=hidden)}
    example, rest = read({"title": "Bus", "mapping": tree, "current_node": "new"})
    assert [message["role"] for message in example["messages"]] == ["user", "assistant"]
    assert rest == told


@pytest.mark.parametrize(("text", "told"), [("", []), (" ", []), ("You help in a shop.", ["mapping (said aside)"])])
def test_a_system_text_that_chatgpt_shows_to_nobody_is_told(text: str, told: list[str]) -> None:
    tree = {**TREE, "s": node("root", "system", text, metadata={"is_visually_hidden_from_conversation": True})}
    assert read({"mapping": tree, "current_node": "new"})[1] == told


def test_instructions_of_a_gpt_that_are_in_no_export_are_told() -> None:
    assert read({"mapping": TREE, "current_node": "new", "gizmo_id": "g-1"})[1] == ["gizmo_id"]
    assert read({"mapping": TREE, "current_node": "new", "gizmo_id": None})[1] == []


@pytest.mark.parametrize(
    ("ended", "learned"),
    [
        ({"status": "finished_successfully"}, True),
        ({"metadata": {"finish_details": {"type": "stop", "stop_tokens": [1]}}}, True),
        ({"status": "in_progress"}, False),
        ({"status": "finished_partial_completion"}, False),
        ({"metadata": {"finish_details": {"type": "interrupted"}}}, False),
        ({"metadata": {"finish_details": {"type": "max_tokens"}}}, False),
    ],
)
def test_an_answer_of_chatgpt_without_its_end_is_not_learned(ended: dict[str, Any], learned: bool) -> None:
    tree = {**TREE, "new": node("u", "assistant", "The", **ended)}
    answer = read({"mapping": tree, "current_node": "new"})[0]["messages"][-1]
    assert ("weight" not in answer) is learned


def test_a_tree_with_a_ring_or_a_hole_is_told() -> None:
    for parent in ("new", "gone"):
        with pytest.raises(ShapeError):
            read({"mapping": {"new": node(parent, "user", "a")}, "current_node": "new"})
    assert shape_name({"mapping": TREE, "current_node": "gone"}) is None


def claude(**of_question: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    question = {"sender": "human", "text": "Which bus?", **of_question}
    return {"uuid": "1", "chat_messages": [question, {"sender": "assistant", "text": "The 7."}]}


def test_an_attachment_stands_above_its_question_and_a_lost_file_is_told() -> None:
    assert said(claude(attachments=[], files=[])) == TURNS
    assert said(claude(content=[{"type": "text", "text": "Which bus?"}])) == TURNS
    assert said(claude(attachments=[{"extracted_content": "A plan."}]))[0] == ("user", "A plan.\n\nWhich bus?")
    for lost in ({"files": [{"file_name": "a.png"}]}, {"content": [{"type": "tool_use"}]}):
        with pytest.raises(ShapeError):
            read(claude(**lost))


@pytest.mark.parametrize(
    ("project", "system", "told"),
    [
        ({"project": None}, [], []),
        ({"project": {"uuid": "p", "name": "Bus", "prompt_template": ""}}, [], []),
        ({"project": {"uuid": "p", "prompt_template": "Be brief."}}, [("system", "Be brief.")], []),
        ({"project": {"uuid": "p", "name": "Bus"}}, [], ["project (said aside)"]),
        ({"project_uuid": "p"}, [], ["project (said aside)"]),
    ],
)
def test_instructions_of_a_project_of_claude_are_its_system_text_or_told(
    project: dict[str, Any], system: list[tuple[str, str]], told: list[str]
) -> None:
    assert said({**claude(), **project}) == [*system, *TURNS]
    assert read({**claude(), **project})[1] == told


DISCORD = [
    {"id": "1", "content": "Which bus?", "author": {"name": "ann", "isBot": False}},
    {"id": "2", "content": "The 7.", "author": {"name": "bus", "isBot": True}},
]
TELEGRAM = [
    {"id": 1, "type": "message", "from": "Ann", "from_id": "u1", "text": "Which bus?"},
    {"id": 2, "type": "message", "from": "Bo", "from_id": "u2", "text": ["The ", {"type": "bold", "text": "7"}, "."]},
]


def test_a_bot_is_the_assistant() -> None:
    assert said({"guild": {}, "channel": {}, "messages": DISCORD}) == TURNS


def test_of_people_nobody_is_taken_for_the_assistant_and_the_mapping_to_try_is_told() -> None:
    with pytest.raises(ShapeError, match="role_key: from, content_key: text, roles: "):
        read({"name": "Bo", "type": "personal_chat", "messages": TELEGRAM})


def mapped(messages: list[Any], mapping: Mapping) -> list[tuple[str, Any]]:
    record = {"messages": messages}
    shape = choose(record, possible_shapes(record, known_shapes("sft", mapping)))
    assert shape is not None
    found = shape.read(record)[0]["messages"]
    assert all(message.keys() == {"role", "content"} for message in found)
    return [(message["role"], message["content"]) for message in found]


def test_a_mapping_says_who_is_who() -> None:
    roles = {"Ann": "user", "Bo": "assistant", "ann": "user", "bus": "assistant"}
    telegram = Mapping(messages="messages", role_key="from", content_key="text", roles=roles)
    assert mapped(TELEGRAM, telegram) == TURNS
    assert mapped(DISCORD, Mapping(messages="messages", role_key="author.name", roles=roles)) == TURNS
