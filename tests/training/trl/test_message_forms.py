"""What a template reads, texts or parts, is what it is given, and nothing is lost without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.targets.local_models.tiny_models import CHATML, STYLES, tiny_model, write_model
from tests.trainers.seeing_model import TEMPLATE
from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.training.trl.message_forms import MessageForms

PARTS_ALONE = """\
{%- for message in messages %}
    {{- message.role + ': ' }}
    {%- for part in message.content | selectattr('type', 'equalto', 'image') %}{{ '[picture]' }}{% endfor %}
    {%- for part in message.content | selectattr('type', 'equalto', 'text') %}{{ part.text }}{% endfor %}
    {{- '\\n' }}
{%- endfor %}
"""
TEXT_PARTS = """\
{%- for message in messages %}
    {{- message.role + ': ' }}
    {%- if message.content is string %}{{ message.content }}
    {%- else %}{% for part in message.content %}{{ part.text }}{% endfor %}{% endif %}
    {{- '\\n' }}
{%- endfor %}
"""
WRITES_LISTS = "{% for message in messages %}{{ message.role ~ ': ' ~ message.content }}\n{% endfor %}"


def opened(folder: Path, template: str) -> ChatModel:
    return open_model(ModelPlace(str(write_model(folder / "model", template))))


@pytest.mark.parametrize(
    ("template", "forms"),
    [
        (CHATML, (True, False, False)),
        (WRITES_LISTS, (True, False, False)),
        (TEXT_PARTS, (True, True, False)),
        (PARTS_ALONE, (False, True, True)),
        (TEMPLATE, (True, True, True)),
    ],
)
def test_what_a_template_reads_is_found_by_trying(
    tmp_path: Path, template: str, forms: tuple[bool, bool, bool]
) -> None:
    found = MessageForms(opened(tmp_path, template))
    assert (found.texts, found.parts, found.pictures) == forms


@pytest.mark.parametrize("template", [CHATML, WRITES_LISTS, TEXT_PARTS, PARTS_ALONE, TEMPLATE])
@pytest.mark.parametrize(
    "content", ["So it is.", [{"type": "text", "text": "So it "}, {"type": "text", "text": "is."}]]
)
def test_every_text_is_shown_in_whichever_form_it_comes(tmp_path: Path, template: str, content: Any) -> None:  # noqa: ANN401  as sent
    model = opened(tmp_path, template)
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": content},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"role": "user", "content": "Why?"},
    ]
    shown = model.render(MessageForms(model).put(messages)).text
    assert all(text in shown for text in ("Be brief.", "So it is.", "No.", "Why?"))
    assert "type" not in shown


@pytest.mark.parametrize("style", STYLES)
def test_messages_of_texts_stay_as_they_are(style: str) -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": None, "tool_calls": []},
    ]
    assert MessageForms(open_model(ModelPlace(str(tiny_model(style))))).put(messages) is messages


def test_a_picture_stands_where_it_was_sent(tmp_path: Path) -> None:
    model = opened(tmp_path, TEMPLATE)
    parts = [
        {"type": "text", "text": "a "},
        {"type": "image_url", "image_url": {"path": "/x"}},
        {"type": "text", "text": " b"},
    ]
    shown = model.render(MessageForms(model).put([{"role": "user", "content": parts}])).text
    assert shown == "<|im_start|>user\na <image> b<|im_end|>\n"
