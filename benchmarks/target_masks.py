"""What counting and masking by a model's own files costs, beside o200k with `fast` and beside transformers in a loop.

    python -m benchmarks.target_masks MODEL [--template FILE] [--rows N]

MODEL is what `--target` takes. Rows are conversations of about one kilobyte, made of this repository's pages; both ways
run in one process, one after the other, by CPU time. transformers and the extra `fast` must be installed. With
`--templates DIR` each `*.jinja` of a folder is held against transformers too, and a table of parity is printed.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.find_model import find_model
from tuneset.targets.local_models.model_files import read_model_files
from tuneset.targets.local_models.rendering import RenderError
from tuneset.targets.masks.mask import IGNORED_LABEL, mask_messages
from tuneset.targets.masks.recipes import RECIPES
from tuneset.targets.masks.turns import by_one_rendering, by_prefixes
from tuneset.targets.tokenizer import find_tokenizer

ROOT = Path(__file__).parent.parent
ROW_CHARACTERS = 250  # of each of four messages
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]


def rows(count: int) -> Iterator[list[dict[str, Any]]]:
    """Yield conversations of two questions and two answers, each a piece of the pages that is met once."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))
    text = text.replace("<", "(").replace("|", "/")
    step = max(1, (len(text) - 4 * ROW_CHARACTERS) // count)
    for start in range(0, step * count, step):
        parts = [text[start + n * ROW_CHARACTERS : start + (n + 1) * ROW_CHARACTERS] for n in range(4)]
        yield [{"role": role, "content": part} for role, part in zip(("user", "assistant") * 2, parts, strict=True)]


def timed(function: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def speed(model: ChatModel, count: int) -> None:
    """Print what counting and masking take, for rows that are new and rows that were met."""
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415  only here

    held = list(rows(count))
    texts = [message["content"] for row in held for message in row]
    size = sum(map(len, texts)) / 1e6
    o200k = find_tokenizer("o200k_base")
    o200k.expect(1 << 30)
    mask_messages(model, held[0], None, RECIPES["answers"])
    print(f"{count:,} rows of {1e6 * size / count:,.0f} characters, by CPU time on one core")
    counted = timed(lambda: o200k.count(texts))
    own = timed(lambda: model.vocabulary.count(texts))
    print(f"count   o200k {size / counted:6.1f} MB/s   target {size / own:6.1f} MB/s   ratio {counted / own:.2f}")
    masked = timed(lambda: [mask_messages(model, row, None, RECIPES["answers"]).labels() for row in held])
    library = PreTrainedTokenizerFast.from_pretrained(str(model.files.folder))
    template = model.files.template(tools=False)
    some = held[: max(1, count // 10)]
    theirs = (
        timed(lambda: [library.apply_chat_template(row, chat_template=template) for row in some])
        * len(held)
        / len(some)
    )
    print(
        f"mask    {count / masked:8,.0f} rows/s   apply_chat_template {count / theirs:8,.0f} rows/s   "
        f"ratio {theirs / masked:.1f}"
    )


def parity(place: str, folder: Path) -> None:
    """Print a table: of each template whether text, tokens and `generation` blocks are those of transformers."""
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415  only here

    call = {"id": "call00001", "type": "function", "function": {"name": "look", "arguments": {"a": "ö"}}}
    plain = next(rows(1))
    talks: list[tuple[list[dict[str, Any]], list[Any] | None]] = [
        (plain, None),
        ([{"role": "system", "content": "Be brief."}, *plain], None),
        ([*plain[:2], {"role": "user", "content": "e\u0301 \u4f60\u597d \U0001f600"}, plain[3]], None),
        (
            [
                plain[0],
                {"role": "assistant", "content": "", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call00001", "name": "look", "content": "42"},
                {"role": "assistant", "content": "It is 42.", "reasoning_content": "I looked."},
            ],
            TOOLS,
        ),
    ]
    print("| template | conversations | same tokens | same refusals | same marks | turns by one rendering |")
    print("|---|---:|---:|---:|---:|---|")
    found = find_model(place)
    assert found is not None
    vocabulary = open_model(found).vocabulary
    library = PreTrainedTokenizerFast.from_pretrained(found.folder)
    for path in sorted(folder.glob("*.jinja")):
        model = ChatModel(read_model_files(Path(found.folder), path), vocabulary)
        template = path.read_text(encoding="utf-8")
        same = refused = marks = marked = 0
        turns = True
        for messages, tools in talks:
            ours: Any
            try:
                ours = model.vocabulary.encode(model.render(messages, tools).text).ids.tolist()
            except RenderError:
                ours = None
            try:
                theirs = library.apply_chat_template(messages, tools=tools, chat_template=template, return_dict=False)
            except Exception:  # noqa: BLE001  whatever Jinja and Python raise
                theirs = None
            same += ours is not None and ours == theirs
            refused += ours is None and theirs is None
            if ours is None:
                continue
            if model.template().has_generation:
                marked += 1
                mask = mask_messages(model, messages, tools, RECIPES["trl"])
                given = library.apply_chat_template(
                    messages, tools=tools, chat_template=template, return_assistant_tokens_mask=True, return_dict=True
                )["assistant_masks"]
                marks += [int(label != IGNORED_LABEL) for label in mask.labels()] == given
            fast, slow = by_one_rendering(model, messages), by_prefixes(model, messages, tools)
            turns = turns and (tools is not None or (fast is not None and fast.text == slow.text))
        told = f"{marks} of {marked}" if marked else ""
        print(f"| {path.stem} | {len(talks)} | {same} | {refused} | {told} | {'yes' if turns else 'no'} |")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--template", default="")
    parser.add_argument("--templates", type=Path)
    parser.add_argument("--rows", type=int, default=5000)
    asked = parser.parse_args()
    if asked.templates:
        parity(asked.model, asked.templates)
        return
    place = find_model(asked.model, asked.template)
    if place is None:
        parser.error(f"{asked.model}: is nothing on this machine")
    speed(open_model(place), asked.rows)


if __name__ == "__main__":
    main()
