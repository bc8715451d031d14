"""Writes the golden files of exports anew: `python -m tests.writing.golden`, to be looked over before they are kept."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.builders import pair
from tests.writing.support import write_dataset
from tuneset.terms import Format
from tuneset.writing import registry
from tuneset.writing.export import export
from tuneset.writing.exporter import Order

FOLDER = Path(__file__).with_name("golden")
LEFT_AWAY = (
    "manifest.json",
    "ledger.parquet",
    "train.py",
    "reward.py",
    "submit.py",
    "train.parquet",
    "validation.parquet",
)
"""Named after versions or of another kind; the scripts are copied as they stand in the package."""

PLAIN: dict[str, Any] = {
    "messages": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Ist offen? \u2028 🙂"},
        {"role": "assistant", "content": "Ja."},
    ]
}
CALLS: dict[str, Any] = {
    "messages": [
        {"role": "user", "content": "Weather in Oslo and Rome?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": f"call_{city}",
                    "type": "function",
                    "function": {"name": "weather", "arguments": f'{{"city": "{city}", "days": 2}}'},
                }
                for city in ("Oslo", "Rome")
            ],
        },
        {"role": "tool", "tool_call_id": "call_Oslo", "content": "rain"},
        {"role": "tool", "tool_call_id": "call_Rome", "content": '{"sun": true}'},
        {"role": "assistant", "content": "Rain, and sun."},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "Tells the weather.",
                "parameters": {
                    "type": "object",
                    "properties": {"city": {"type": "string"}, "days": {"type": ["integer", "null"]}},
                    "required": ["city"],
                    "additionalProperties": False,
                },
            },
        }
    ],
    "parallel_tool_calls": True,
}
WEIGHTS = {
    "messages": [
        {"role": "user", "content": "Is it open?"},
        {"role": "assistant", "content": "No idea.", "weight": 0},
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": "It is.", "reasoning_content": "It is Monday."},
        {"role": "user", "content": "Thanks."},
    ]
}
SEEN = {
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            ],
        },
        {"role": "assistant", "content": "A door."},
    ]
}
LINES: dict[Format, list[dict[str, Any]]] = {
    "sft": [PLAIN, CALLS, WEIGHTS, SEEN],
    "dpo": [
        pair("Is it open?", "Yes, from nine in the morning until six.", "No idea, look at the page of the shop."),
        {**pair("Is it open?", "Yes.", "No."), "input": {"messages": CALLS["messages"][:4], "tools": CALLS["tools"]}},
    ],
    "kto": [{**PLAIN, "label": True}, {**CALLS, "label": False}],
    "rft": [{"messages": PLAIN["messages"][:2], "reference_answer": "yes", "level": 2}],
}
GRADER = {
    "type": "string_check",
    "name": "same",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
    "operation": "eq",
}


def cases() -> list[tuple[str, Format]]:
    """Every flavour that writes text, with every format of lines that it takes."""
    return [(one.name, method) for one in registry.EXPORTERS if not one.needs_target for method in sorted(one.methods)]


def made(flavour: str, method: Format, folder: Path) -> dict[str, bytes]:
    """What a flavour writes of the lines of a format, by the name of the file."""
    dataset = write_dataset(folder / "a", LINES[method], LINES[method][:1])
    export(dataset, registry.exporter(flavour), folder / "b", Order(grader=GRADER if method == "rft" else None))
    return {p.name: p.read_bytes() for p in sorted((folder / "b").iterdir()) if p.name not in LEFT_AWAY}


def main() -> None:
    """Write all of them."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for flavour, method in cases():
        with tempfile.TemporaryDirectory() as name:
            for file, data in made(flavour, method, Path(name)).items():
                path = FOLDER / flavour / method / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)


if __name__ == "__main__":
    main()
