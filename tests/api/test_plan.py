"""A plan says of every model whether the dataset fits and why, what it costs by the models' own numbers, until when."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.rules.support import TODAY
from tests.targets.local_models.tiny_models import tiny_model
from tuneset.api.plan import Plan, PlanEntry, dataset_files, plan
from tuneset.errors import InputError, UsageError
from tuneset.params import parse_params
from tuneset.profile import load_profile, profile_names
from tuneset.reporting import plan_table
from tuneset.rules.families.vision import _PNG, _data_url
from tuneset.rules.samples import WEATHER_TOOL, call_turn, turn
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.target import Target, find_target


def chats(number: int, **more: object) -> list[dict[str, Any]]:
    """So many conversations."""
    return [
        {"messages": [turn("user", f"What is {n} + 1?"), turn("assistant", str(n + 1), **more)]} for n in range(number)
    ]


def planned(folder: Path, lines: list[dict[str, Any]], **document: object) -> Plan:
    """The plan of a file of these lines, on a fixed day, in this process."""
    path = folder / "train.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    return plan(path, parse_params(document, "params"), 1, TODAY)


def row(found: Plan, profile: str, model: str) -> PlanEntry:
    """The one row of a model."""
    (only,) = [one for one in found.rows if (one.profile, one.model) == (profile, model)]
    return only


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        dataset_files(tmp_path / "no.jsonl")
    (tmp_path / "validation.jsonl").write_bytes(b"")
    with pytest.raises(InputError, match=r"it holds no train\.jsonl"):
        dataset_files(tmp_path)


def test_a_folder_is_its_training_and_validation_file(tmp_path: Path) -> None:
    for name in ("test.jsonl", "validation.jsonl", "train.jsonl"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in dataset_files(tmp_path)] == ["train.jsonl", "validation.jsonl"]


def test_every_model_of_every_profile_has_a_row(tmp_path: Path) -> None:
    found = planned(tmp_path, chats(12))
    expected = [(name, model) for name in profile_names() for model in load_profile(name).models]
    assert [(one.profile, one.model) for one in found.rows] == expected
    assert found.files == ((str(tmp_path / "train.jsonl"), 12),)
    for one in found.rows:  # those that count alike are counted once, and each says of itself how sure that is
        alone = find_target(one.model, load_profile(one.profile)).count_example(chats(1)[0]).precision
        assert (one.exact, one.estimated.partition(";")[0]) == (alone.exact, alone.reason.partition(";")[0])


def test_a_plain_set_fits_where_its_method_is_trained_and_costs_what_is_counted(tmp_path: Path) -> None:
    found = planned(tmp_path, chats(12))
    one = row(found, "openai", "gpt-4.1-2025-04-14")
    assert (one.fits, one.why, one.changes, one.exact, one.epochs) == ("yes", (), (), True, 8)
    assert one.tokens is not None
    assert one.usd == round(one.tokens * 8 * 25 / 1e6, 4)
    assert (one.priced, one.ends) == (dt.date(2026, 9, 1), dt.date(2027, 1, 6))
    gone = row(found, "openai", "gpt-4.1-nano-2025-04-14")
    assert (gone.fits, gone.why) == ("no", ("shut down on 2026-10-23",))
    other = row(found, "azure", "o4-mini-2025-04-16")
    assert (other.fits, other.why) == ("no", ("not trained by supervised; by reinforcement",))
    legacy = row(found, "mistral", "mistral-small-latest")
    assert (legacy.fits, legacy.why[0]) == ("no", "its fine-tuning API is legacy and takes no new jobs")
    estimate = row(found, "nebius", "meta-llama/Llama-3.3-70B-Instruct")
    assert (estimate.fits, estimate.exact, estimate.usd) == ("yes", False, None)
    assert "o200k_base stands in for it" in estimate.estimated
    assert row(found, "local", "local-tiny").usd == 0


def test_the_price_of_params_is_that_of_their_endpoint(tmp_path: Path) -> None:
    endpoint = {"profile": "nebius", "training_usd_per_million_tokens": 2.0}
    found = planned(tmp_path, chats(100), endpoint=endpoint, tune={"n_epochs": 2})
    one = row(found, "nebius", "openai/gpt-oss-20b")
    assert one.tokens is not None
    assert one.usd == round(one.tokens * 2 * 2 / 1e6, 4)
    assert row(found, "together", "Qwen/Qwen3-8B").usd is None


def test_reasoning_stays_where_it_is_taken_and_is_left_out_elsewhere(tmp_path: Path) -> None:
    found = planned(tmp_path, [*chats(10), *chats(3, reasoning_content="One more.")])
    kept = row(found, "together", "Qwen/Qwen3-8B")
    assert (kept.fits, kept.changes) == ("yes", ())
    without = row(found, "openai", "gpt-4.1-2025-04-14")
    assert (without.fits, without.why, without.changes) == (
        "changed", ("SHP002 unknown-key: 3",), ("leaves out the reasoning of 3 lines",),
    )  # fmt: skip


def test_no_more_is_repaired_than_prepare_can(tmp_path: Path) -> None:
    lines = [*chats(10), *chats(1, weight=1.0), *chats(1, weight=0.5)]
    one = row(planned(tmp_path, lines), "openai", "gpt-4.1-2025-04-14")
    assert (one.fits, one.why) == ("changed", ("CNV006 invalid-weight: 2",))
    assert one.changes == ("repairs 1 line", "drops 1 line")


def test_a_file_without_an_example_has_no_plan(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it holds no example"):
        planned(tmp_path, [])


def test_rows_over_length_are_counted_by_the_models_own_limit(tmp_path: Path) -> None:
    lines = [*chats(11), {"messages": [turn("user", "Go on."), turn("assistant", "word " * 70_000)]}]
    found = planned(tmp_path, lines)
    one = row(found, "openai", "gpt-4o-2024-08-06")
    assert (one.fits, one.over_length) == ("changed", 1)
    assert one.why[-1] == "1 of 12 examples have more than 65,536 tokens"
    assert one.changes[-1] == "drops 1 example of more than 65,536 tokens"
    assert row(found, "nebius", "openai/gpt-oss-20b").over_length == 0


def test_an_open_model_whose_files_are_here_is_counted_by_them(tmp_path: Path) -> None:
    folder = tmp_path / "qwen3-8B"
    shutil.copytree(tiny_model("chatml"), folder)
    planned(tmp_path, chats(12))
    found = plan(tmp_path / "train.jsonl", parse_params({}, "params"), 1, TODAY, targets=[str(folder)])
    exact = Target("q", place=ModelPlace(str(folder)))
    tokens = sum(exact.count_example(line).tokens for line in chats(12))
    for profile, model in (("together", "Qwen/Qwen3-8B"), ("fireworks", "accounts/fireworks/models/qwen3-8b")):
        one = row(found, profile, model)
        assert (one.tokens, one.exact, one.estimated, one.counted_by) == (tokens, True, "", str(folder))
    other = row(found, "nebius", "meta-llama/Llama-3.1-8B-Instruct")
    assert not other.exact
    assert other.estimated.endswith("exact with --target meta-llama/Llama-3.1-8B-Instruct")
    assert "qwen3-8B" in "\n".join(plan_table.text(found))


def test_a_target_of_no_profile_is_refused_and_one_may_be_said_to_be_another(tmp_path: Path) -> None:
    planned(tmp_path, chats(12))
    with pytest.raises(UsageError, match=r"is that of no model of the profiles\n.*allowed: .*Qwen/Qwen3-8B"):
        plan(tmp_path / "train.jsonl", parse_params({}, "params"), 1, TODAY, targets=[str(tiny_model("chatml"))])
    named = f"Qwen/Qwen3-8B={tiny_model('chatml')}"
    found = plan(tmp_path / "train.jsonl", parse_params({}, "params"), 1, TODAY, targets=[named])
    assert row(found, "together", "Qwen/Qwen3-8B").exact


def test_images_tools_and_methods_decide(tmp_path: Path) -> None:
    shown = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": _data_url(_PNG)}}]
    seen = planned(tmp_path, [{"messages": [turn("user", shown), turn("assistant", f"{n}")]} for n in range(10)])
    assert row(seen, "openai", "gpt-4o-2024-08-06").fits == "yes"
    assert row(seen, "openai", "gpt-4.1-2025-04-14").why == ("not trained on images",)
    assert row(seen, "together", "Qwen/Qwen3-VL-8B-Instruct").why[0].startswith("VIS012")
    called = [turn("user", "How warm is it?"), call_turn('{"city": "Paris"}')]
    tools = planned(tmp_path, [{"messages": called, "tools": [WEATHER_TOOL]}] * 10)
    assert row(tools, "mistral", "open-mistral-7b").changes == ("drops 10 lines",)
    assert row(tools, "openai", "gpt-4o-2024-08-06").fits == "yes"
    prompts = planned(tmp_path, [{"messages": [turn("user", f"{n}?")], "reference_answer": "1"} for n in range(100)])
    assert prompts.format == "rft"
    assert row(prompts, "bedrock", "openai.gpt-oss-20b").fits == "yes"
    assert row(prompts, "openai", "gpt-4o-2024-08-06").fits == "no"
    assert row(prompts, "fireworks", "accounts/fireworks/models/qwen3-8b").fits == "no"


def test_another_shape_fits_after_prepare_and_where_it_is_taken_as_it_is(tmp_path: Path) -> None:
    found = planned(tmp_path, [{"prompt": f"What is {n}?", "completion": f"{n}"} for n in range(12)])
    assert row(found, "together", "Qwen/Qwen3-8B").fits == "yes"
    one = row(found, "openai", "gpt-4.1-2025-04-14")
    assert (one.fits, one.tokens, one.usd) == ("changed", None, None)
    assert one.changes == ("reads its rows as conversations, where it knows their columns",)


def test_the_table_fits_into_80_columns_and_says_each_reason_once(tmp_path: Path) -> None:
    found = planned(tmp_path, [*chats(10), *chats(3, reasoning_content="One more.")])
    lines = list(plan_table.text(found))[2:]
    assert max(map(len, lines)) <= plan_table.WIDTH
    assert sum("leaves out the reasoning" in line for line in lines) == len(
        [name for name in profile_names() if load_profile(name).unlisted == "error"]
    )
    assert any(line.startswith("  gpt-4.1-mini-2025-04-14      changed ") for line in lines)


def test_the_document_and_the_markdown_hold_every_row(tmp_path: Path) -> None:
    found = planned(tmp_path, chats(12))
    document = json.loads(json.dumps(plan_table.document(found)))
    assert document["schema_version"] == 1
    assert len(document["targets"]) == len(found.rows)
    first = document["targets"][0]
    assert {"profile", "model", "fits", "why", "changes", "tokens", "exact", "usd", "ends", "epochs"} <= set(first)
    assert sum(line.startswith(f"| {first['profile']} |") for line in plan_table.markdown(found)) == len(
        load_profile(first["profile"]).models
    )
