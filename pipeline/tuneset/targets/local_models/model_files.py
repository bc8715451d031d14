"""What a folder says of a model: its vocabulary, its special tokens and its chat templates, read and checked.

A folder is one as Hugging Face's hub gives it: `tokenizer.json`, `tokenizer_config.json`, `chat_template.jinja`; or in
place of the first it holds Mistral's `tekken.json` or a file of tiktoken. Nothing is loaded, compiled or fetched here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import orjson

from tuneset.artifacts import read_error
from tuneset.errors import InputError, UsageError

TOKENIZER_FILE, CONFIG_FILE, TEMPLATE_FILE = "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"
NAMED_TEMPLATES = "additional_chat_templates"
"""Names of transformers 5.24 (`utils/hub.py`, 2026-11-26)."""
TEKKEN_FILE = "tekken.json"
TIKTOKEN_SUFFIX = ".tiktoken"
TIKTOKEN_MODELS = ("tokenizer.model", "tiktoken.model")
"""Names of files of Llama and others, of which the first is a file of SentencePiece as often."""
Kind = Literal["huggingface", "tekken", "tiktoken"]
MAX_FILE_BYTES = 256 << 20
"""Largest vocabulary that is read: the largest known, of Gemma 3 with 262,144 pieces, has 33 MB."""
MAX_TEMPLATE_CHARACTERS = 1 << 20
"""Longest template that is compiled; the longest of those that trl 1.16 ships has 22,000 characters."""

NAMED_TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
"""Keys of tokenizer_config.json that a template may use as variables (transformers' SPECIAL_TOKENS_ATTRIBUTES)."""

DEFAULT, WITH_TOOLS = "default", "tool_use"
"""Names of templates where a model has several; with tools transformers takes the second."""


@dataclasses.dataclass(frozen=True)
class ModelPlace:
    """Where a model lies: what is sent to other processes in place of the model itself.

    Args:
        folder: its folder, or its vocabulary file.
        template: a file that takes the place of its own chat template, or "".
        version: another one once its files are others, so that nothing that a process keeps by place is of older ones.
    """

    folder: str
    template: str = ""
    version: str = ""


def model_place(folder: Path, template: str = "") -> ModelPlace:
    """The place of a model whose files are as they are now: other ones have other times or sizes."""
    bare = ModelPlace(str(folder), template)
    states = ((name, file.stat()) for name, file in sorted(_telling_files(bare).items()) if file.is_file())
    seen = [(name, state.st_mtime_ns, state.st_size) for name, state in states]
    return dataclasses.replace(bare, version=hashlib.sha256(repr(seen).encode()).hexdigest())


@dataclasses.dataclass(frozen=True)
class ModelFiles:
    """What is known of a model from its files.

    Args:
        folder: where they lie.
        vocabulary: the file that holds the vocabulary.
        kind: how that file is to be read.
        named_tokens: texts of special tokens by the name that templates use, such as `bos_token`.
        templates: chat templates by name; empty where there is none.
        template_file: where the templates are from, for people.
    """

    folder: Path
    vocabulary: Path
    kind: Kind
    named_tokens: Mapping[str, str]
    templates: Mapping[str, str]
    template_file: str = ""

    def template(self, *, tools: bool) -> str | None:
        """The template for an example with or without tools; None where there is none."""
        named = self.templates.get(WITH_TOOLS) if tools else None
        return named if named is not None else self.templates.get(DEFAULT)


def read_model_files(folder: Path, template: Path | None = None) -> ModelFiles:
    """Read what lies in a folder, or beside a vocabulary file.

    Args:
        folder: a folder, or the path of a `tokenizer.json`, a tekken file or a file of tiktoken in one.
        template: a chat template that takes the place of the model's own.

    Raises InputError where there is no vocabulary, or a file is none of its kind.
    """
    vocabulary, kind = _vocabulary(folder)
    base = vocabulary.parent
    config = _config(base)
    if template is not None:
        return ModelFiles(
            base, vocabulary, kind, _named_tokens(config), {DEFAULT: _text(template)}, template_file=str(template)
        )
    found, where = _templates(base, config)
    return ModelFiles(base, vocabulary, kind, _named_tokens(config), found, where)


def file_sums(place: ModelPlace) -> dict[str, str]:
    """The SHA-256 of each file that says what a model is, by its name; a template of the user's own is `template`."""
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in _telling_files(place).items()}


def _telling_files(place: ModelPlace) -> dict[str, Path]:
    folder = Path(place.folder)
    beside = (CONFIG_FILE, TEMPLATE_FILE, "special_tokens_map.json")
    files = [path for name in (TOKENIZER_FILE, TEKKEN_FILE) if (path := folder / name).is_file()]
    files = files or rank_files(folder)
    if folder.is_file():
        files, folder = [folder], folder.parent
    files += [folder / name for name in beside]
    files += sorted((folder / NAMED_TEMPLATES).glob("*.jinja"))
    return {file.name: file for file in files if file.is_file()} | (
        {"template": Path(place.template)} if place.template else {}
    )


def digest_of(sums: Mapping[str, str]) -> str:
    """One SHA-256 of all of `file_sums`, by which a target can be pinned."""
    return hashlib.sha256("".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()).hexdigest()


def has_extra() -> bool:
    """Whether the libraries that read a model's files are installed."""
    return not _missing()


def _missing() -> list[str]:
    return [name for name in ("tokenizers", "jinja2") if importlib.util.find_spec(name) is None]


def require_extra(asked: str) -> None:
    """Raise UsageError where the libraries that read a model's files are not installed; `asked` is what needs them."""
    missing = _missing()
    if missing:
        raise UsageError(f"{asked}: needs {' and '.join(missing)}", hint="pip install jinja2 tokenizers")


def _vocabulary(folder: Path) -> tuple[Path, Kind]:
    """The file of the vocabulary, and its kind."""
    if folder.is_file():
        return folder, _kind(folder)
    if (folder / TOKENIZER_FILE).is_file():
        return folder / TOKENIZER_FILE, "huggingface"
    if (folder / TEKKEN_FILE).is_file():
        return folder / TEKKEN_FILE, "tekken"
    ranks = rank_files(folder)
    if len(ranks) > 1:
        raise InputError(
            f"{folder}: holds {len(ranks)} vocabularies",
            allowed=" or ".join(path.name for path in ranks),
            hint="name the file of the model that is meant",
        )
    if ranks:
        return ranks[0], _kind(ranks[0])
    old = [name for name in ("tokenizer.model", "vocab.json", "vocab.txt") if (folder / name).is_file()]
    hint = (
        f"it holds {old[0]}: save it anew with transformers (AutoTokenizer.from_pretrained(...).save_pretrained(...))"
        if old
        else "name a snapshot of a model from the hub"
    )
    raise InputError(
        f"{folder}: holds no vocabulary",
        allowed=f"a folder with {TOKENIZER_FILE}, {TEKKEN_FILE} or a file of tiktoken",
        hint=hint,
    )


def _kind(path: Path) -> Kind:
    """How a vocabulary file is to be read."""
    if path.name.startswith("tekken"):
        return "tekken"
    return "tiktoken" if path.suffix == TIKTOKEN_SUFFIX or is_tiktoken_file(path) else "huggingface"


def rank_files(folder: Path) -> list[Path]:
    """The files in a folder that hold a vocabulary of ranks."""
    named = {*folder.glob("tekken*.json"), *folder.glob(f"*{TIKTOKEN_SUFFIX}")}
    found = [path for path in named if path.is_file()]
    return sorted(
        [*found, *(path for name in TIKTOKEN_MODELS if (path := folder / name).is_file() and is_tiktoken_file(path))]
    )


def is_tiktoken_file(path: Path) -> bool:
    """Whether a file begins as those of tiktoken do: bytes in base64 and a rank."""
    with path.open("rb") as handle:
        return re.match(rb"[A-Za-z0-9+/]+={0,2} [0-9]+\r?\n", handle.read(1024)) is not None


def _config(base: Path) -> Mapping[str, Any]:
    """tokenizer_config.json, with the older special_tokens_map.json below it; empty where there is neither."""
    found: dict[str, Any] = {}
    for name in ("special_tokens_map.json", CONFIG_FILE):
        path = base / name
        if path.is_file():
            value = read_json(path)
            if not isinstance(value, dict):
                raise InputError(f"{path}: is no JSON object")
            found |= {key: item for key, item in value.items() if item is not None}
    return found


def _named_tokens(config: Mapping[str, Any]) -> dict[str, str]:
    """The texts of special tokens by name, with those that a model adds of its own."""
    extra = config.get("extra_special_tokens")
    named = {**(extra if isinstance(extra, dict) else {}), **config}
    wanted = [*NAMED_TOKENS, *(key for key in named if key.endswith("_token") and key not in NAMED_TOKENS)]
    found = {}
    for key in wanted:
        value = named.get(key)
        content = value.get("content") if isinstance(value, dict) else value
        if isinstance(content, str):
            found[key] = content
    return found


def _templates(base: Path, config: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """The templates by name and where they are from. A file comes before the config, as in transformers."""
    found: dict[str, str] = {}
    where = ""
    own = config.get("chat_template")
    if isinstance(own, str):
        found, where = {DEFAULT: own}, CONFIG_FILE
    elif isinstance(own, list):
        named = [one for one in own if isinstance(one, dict)]
        found = {str(one["name"]): one["template"] for one in named if isinstance(one.get("template"), str)}
        where = CONFIG_FILE
    elif own is not None:
        raise InputError(f"{base / CONFIG_FILE}: chat_template is no text", allowed="a text, or a list of them by name")
    if (base / TEMPLATE_FILE).is_file():
        found, where = {DEFAULT: _text(base / TEMPLATE_FILE)}, TEMPLATE_FILE
    for path in sorted((base / NAMED_TEMPLATES).glob("*.jinja")):
        found[path.stem] = _text(path)
    for name, text in found.items():
        if len(text) > MAX_TEMPLATE_CHARACTERS:
            raise InputError(
                f"{base / where}: the template {name} has {len(text):,} characters",
                allowed=f"at most {MAX_TEMPLATE_CHARACTERS:,}",
            )
    return found, where


def _text(path: Path) -> str:
    """A template file. Raises InputError where it cannot be read, is not UTF-8 or is too long."""
    try:
        if path.stat().st_size > MAX_TEMPLATE_CHARACTERS:
            raise InputError(
                f"{path}: the template is {path.stat().st_size:,} bytes long", allowed=f"{MAX_TEMPLATE_CHARACTERS:,}"
            )
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise read_error(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8", hint="save the template as UTF-8") from error


def read_json(path: Path) -> Any:  # noqa: ANN401  any JSON value
    """A JSON file of bounded size. Raises InputError where it cannot be read or is none."""
    try:
        return orjson.loads(read_bytes(path))
    except orjson.JSONDecodeError as error:
        hint = "it is a pointer of Git LFS: run `git lfs pull`" if _is_pointer(path) else "fetch it again"
        raise InputError(f"{path}: is no valid JSON", hint=hint) from error


def read_bytes(path: Path) -> bytes:
    """A vocabulary file of bounded size. Raises InputError where it cannot be read."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InputError(f"{path}: is {size:,} bytes long", allowed=f"at most {MAX_FILE_BYTES:,}")
        return path.read_bytes()
    except OSError as error:
        raise read_error(path, error) from error


def _is_pointer(path: Path) -> bool:
    """Whether a file is what Git LFS leaves where the content was not fetched."""
    with path.open("rb") as handle:
        return handle.read(40).startswith(b"version https://git-lfs.github.com")
