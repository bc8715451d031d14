"""One row as it is shown: what is trained, as the mask says it, and findings in their places."""

from __future__ import annotations

from tests.builders import chat, pair
from tests.targets.local_models.tiny_models import tiny_model
from tests.viewing.looked_at import JUDGE
from tuneset.profile import load_profile
from tuneset.targets.masks.mask import mask_example
from tuneset.targets.masks.recipes import find_recipe
from tuneset.targets.target import find_target
from tuneset.viewing.one_row import RowJudge, document, findings


def test_what_is_no_example_is_shown_as_it_is() -> None:
    values: tuple[object, ...] = (None, [], "text", 5)
    for value in values:
        assert document(value, b"raw <b>", JUDGE) == {"messages": [], "raw": "raw <b>", "findings": []}
    assert document({"x": 1}, b'{"x":1}', JUDGE)["raw"] == '{"x":1}'


def test_without_a_model_at_hand_role_and_weight_say_what_is_trained() -> None:
    example = chat("q", "a")
    example["messages"] += [{"role": "user", "content": "q"}, {"role": "assistant", "content": "b", "weight": 0}]
    assert [one["trained"] for one in document(example, b"", JUDGE)["messages"]] == [False, True, False, False]
    assert document(example, b"", JUDGE)["mask"] is None
    sides = {one["branch"]: one["trained"] for one in document(pair("q", "yes", "no"), b"", JUDGE)["messages"]}
    assert sides == {"prompt": False, "preferred": True, "non_preferred": False}


def test_with_a_model_at_hand_the_segments_are_its_text_and_its_mask() -> None:
    folder = str(tiny_model("chatml"))
    target = find_target("", load_profile("openai"), local=folder)
    example = chat("What is red?", "A colour.", system="Be brief.")
    shown = document(example, b"", RowJudge(JUDGE.settings, target))["mask"]
    mask = mask_example(target.local_model(), example, find_recipe(target.recipe))
    assert "".join(one["text"] for one in shown["segments"]) == mask.text
    assert sum(one["tokens"] for one in shown["segments"]) == shown["tokens"] == mask.count
    trained = "".join(one["text"] for one in shown["segments"] if one["trained"])
    assert trained == "".join(mask.text[start:end] for start, end in mask.trained) != ""
    assert shown["trained_tokens"] == mask.trained_count


def test_findings_name_the_message_that_they_are_about() -> None:
    found = findings(chat("q", ""), JUDGE.settings)
    assert [one["parts"][:2] for one in found] == [["messages", 1]]
    assert found[0]["severity"] in ("error", "warning")
    assert findings(chat("q", "a"), JUDGE.settings) == []
