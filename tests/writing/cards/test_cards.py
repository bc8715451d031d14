"""Cards say what the files tell, and mark what their author alone knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard

from tests.builders import pair
from tuneset import artifacts
from tuneset.cli.main import run
from tuneset.dataset_folder import find
from tuneset.writing.cards import croissant, eu_summary, hub
from tuneset.writing.cards.facts import CardFacts, read
from tuneset.writing.cards.registry import CARDS

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}
CHAT: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": "Where?"},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c", "content": "12"},
        {"role": "assistant", "content": "There."},
    ]
}  # fmt: skip
METRICS = {
    "rows": {"read": 9, "dropped_by_code": {"DUP001": 2, "JSN001": 1}},
    "tokens": {"train": 1234, "validation": 56, "encoding": "o200k_base"},
    "sources": [
        {"source": "/home/ann.smith/secret project/a|b.jsonl", "kept": 6, "shapes": {"chat": 9}},
        {"source": "empty.jsonl", "kept": 0, "shapes": {}},
    ],
    "private_data": {"policies": {"email": "redact", "phone": "flag"}},
    "stages": {"clean": {"private.email.rows": 2, "private.email.found": 5, "private.phone.rows": 1}},
}
SIDES = {"train": {"languages": {"en": 98, "de": 2, "unsure": 50}, "holding": {"tools called": 3}}}


def folder(root: Path, *, alone: bool = False, rows: list[dict[str, Any]] | None = None) -> Path:
    root.mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in rows or [CHAT] * 3)
    for side in ("train", "validation"):
        (root / f"{side}.jsonl").write_text(lines)
    if not alone:
        artifacts.write_json(root / "metrics.json", METRICS)
        artifacts.write_json(root / "manifest.json", {"versions": {"tuneset": "1.2.3"}})
        artifacts.write_json(root / "distributions.json", {"sides": SIDES})
    return root


def facts(root: Path) -> CardFacts:
    return read(find(root), lambda *_: None)


def test_of_files_alone_nothing_else_is_claimed(tmp_path: Path) -> None:
    known = facts(folder(tmp_path / "alone", alone=True))
    card, summary = hub.card(known), eu_summary.summary(known)
    assert "language:" not in card
    assert card.count("Not known.") == 3
    assert f"training data size: {eu_summary.FILL}" in summary
    assert "inLanguage" not in json.loads(croissant.document(known))


def test_no_card_says_where_a_raw_file_lay(tmp_path: Path) -> None:
    known = facts(folder(tmp_path / "d"))
    for card in CARDS:
        assert "ann.smith" not in card.text(known)
        assert "secret project" not in card.text(known)
    assert r"| `a\|b.jsonl` | 6 |" in hub.card(known)
    assert "empty.jsonl" not in hub.card(known)


def test_the_hub_reads_the_card(tmp_path: Path) -> None:
    card = DatasetCard(hub.card(facts(folder(tmp_path / "d"))))
    assert yaml.safe_load(card.data.to_yaml()) == {
        "language": ["en", "de"],
        "task_categories": ["text-generation"],
        "size_categories": ["n<1K"],
        "tags": ["conversational", "tuneset", "sft", "tool-calling"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": side, "path": f"{side}.jsonl"} for side in ("train", "validation")],
            }
        ],
    }
    assert "- Of 9 raw rows 6 are examples here and 3 were dropped." in card.text
    assert "  - 1 for JSN001\n" in card.text
    assert "- Private data, email: in 2 examples; replaced by a placeholder." in card.text
    assert "- Private data, phone: in 1 example; left in." in card.text
    assert "license" not in yaml.safe_load(card.data.to_yaml())  # its author's to say


def test_the_summary_has_every_heading_of_the_template_and_marks_what_it_does_not_know(tmp_path: Path) -> None:
    summary = eu_summary.summary(facts(folder(tmp_path / "d")))
    heads = [line.split(" ")[1].strip(".") for line in summary.splitlines() if line.startswith(("## ", "### "))]
    assert heads == ["1", "1.1", "1.2", "1.3", "2", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "3", "3.1", "3.2", "3.3"]
    assert "less than 1 billion tokens (1,234 in train.jsonl, as o200k_base counts them)" in summary
    assert "en (98%), de (2%)" in summary
    for heading in ("1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "3.1", "3.2"):
        section = summary.partition(f"### {heading} ")[2].partition("\n## ")[0].partition("\n### ")[0]
        assert eu_summary.FILL in section, heading


def test_croissant_has_each_file_with_its_sum(tmp_path: Path) -> None:
    root = folder(tmp_path / "d")
    document = json.loads(croissant.document(facts(root)))
    assert document["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    sums = {file["name"]: file["sha256"] for file in document["distribution"]}
    assert sums == {f"{side}.jsonl": artifacts.sha256_file(root / f"{side}.jsonl") for side in ("train", "validation")}


@pytest.mark.croissant
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rows", [[CHAT] * 3, [pair("q", "a", "b")] * 3])
def test_mlcroissant_reads_every_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]
) -> None:
    import mlcroissant  # noqa: PLC0415  in no other run

    root = folder(tmp_path / "d", rows=rows)
    monkeypatch.chdir(root)
    artifacts.write_bytes(root / "croissant.json", croissant.document(facts(root)).encode())
    dataset = mlcroissant.Dataset(jsonld="croissant.json")
    assert not dataset.metadata.issues.errors
    for side in ("train", "validation"):
        records = list(dataset.records(side))
        assert len(records) == len(rows)
        lists = records[0].values()
        assert [message[f"{side}/{name.split('/')[1]}/role"] for name, found in records[0].items() for message in found]
        assert all(lists)


def test_all_cards_are_written_and_none_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folder(tmp_path / "d")
    command = ["card", str(root), "--out", str(tmp_path / "cards"), "--output", "json"]
    assert called(*command) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["files"] == [str(tmp_path / "cards" / card.file) for card in CARDS]
    (tmp_path / "cards" / "README.md").write_text("mine")
    assert called(*command) == 2
    assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "cards" / "README.md").read_text() == "mine"


def test_one_card_is_printed_and_none_without_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folder(tmp_path / "d")
    assert called("card", str(root), "--to", "eu") == 0
    assert capsys.readouterr().out == eu_summary.summary(facts(root))
    assert called("card", str(root), "--to", "hf", "--output", "json") == 0
    assert json.loads(capsys.readouterr().out)["text"] == hub.card(facts(root))
    assert called("card", str(root)) == 2
    assert called("card", str(root), "--to", "hugging") == 2
    assert "allowed: hf, croissant, eu" in capsys.readouterr().err


def called(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["tuneset", *arguments])
        with pytest.raises(SystemExit) as ended:
            run()
    return int(ended.value.code or 0)
