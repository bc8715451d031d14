"""What is known of a written dataset for its cards: files, sources, languages, and what was done to it.

Only what follows from the files; what its author alone knows (licence, origin, consent) is never guessed. Of the paths
of raw files the last part is told: folders name people and machines.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from tuneset import artifacts
from tuneset.dataset_folder import DatasetFolder
from tuneset.terms import Format
from tuneset.writing.exporter import Dataset, Progress

UNSURE = "unsure"
LEAST_LANGUAGE = 0.01
"""Share of the examples from which on a language is named: below, most are short texts that were taken for another."""


@dataclasses.dataclass(frozen=True)
class CardSource:
    """A raw file: its name, how many examples of it are in the dataset, and of how many rows which model answered."""

    name: str
    examples: int
    labelled_by: Mapping[str, int] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class CardFacts:
    """What is known.

    Args:
        name: of the dataset.
        method: the format of the lines.
        files: by side `sha256`, `bytes` and `examples` of its file.
        tokens: by side, as counted with `encoding`; empty where nobody counted.
        encoding: by which tokens were counted.
        languages: shares of the examples by ISO 639 code, largest first; empty where they are not known.
        sources: the raw files.
        shapes: how the raw rows were spelled.
        images: whether examples hold images.
        tools: whether examples call tools.
        read: raw rows.
        dropped: by code.
        private: how many examples held each kind of private data, and the policy of that kind.
        versions: of Tuneset and what it was made with.
    """

    name: str
    method: Format
    files: Mapping[str, Mapping[str, str | int]]
    tokens: Mapping[str, int]
    encoding: str
    languages: Mapping[str, float]
    sources: tuple[CardSource, ...]
    shapes: tuple[str, ...]
    images: bool
    tools: bool
    read: int
    dropped: Mapping[str, int]
    private: Mapping[str, tuple[int, str]]
    versions: Mapping[str, str]

    @property
    def teachers(self) -> dict[str, int]:
        """The models that gave answers, and to how many rows of these files, most first; rows may have been dropped."""
        found = Counter[str]()
        for source in self.sources:
            found.update(source.labelled_by)
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    @property
    def examples(self) -> int:
        """Of all sides."""
        return sum(int(file["examples"]) for file in self.files.values())


def read(folder: DatasetFolder, progress: Progress) -> CardFacts:
    """Read a dataset and what was said of it. Raises InputError where a file is none of ours."""
    dataset = Dataset(folder.files, progress)
    metrics, manifest = _document(folder.metrics), _document(folder.manifest)
    sides = _document(folder.reports / "distributions.json").get("sides", {})
    counts = metrics.get("stages", {}).get("clean", {})
    policies = metrics.get("private_data", {}).get("policies", {})
    tokens = metrics.get("tokens", {})
    rows = metrics.get("rows", {})
    return CardFacts(
        name=folder.root.resolve().name,
        method=dataset.survey.method or "sft",
        files={side: dataset.sums(side) for side in dataset.sides},
        tokens={side: tokens[side] for side in dataset.sides if side in tokens},
        encoding=tokens.get("encoding", ""),
        languages=_languages(sides),
        sources=tuple(
            CardSource(PurePath(entry["source"]).name, entry["kept"], entry.get("labelled_by", {}))
            for entry in metrics.get("sources", ())
            if entry["kept"]
        ),
        shapes=tuple(sorted({shape for entry in metrics.get("sources", ()) for shape in entry["shapes"]})),
        images=any(side["holding"].get("images") for side in sides.values()),
        tools=any(side["holding"].get("tools called") for side in sides.values()),
        read=rows.get("read", 0),
        dropped=rows.get("dropped_by_code", {}),
        private={
            kind: (count, policies.get(kind, ""))
            for name, count in sorted(counts.items())
            if name.startswith("private.") and name.endswith(".rows") and count
            for kind in (name.split(".")[1],)
        },
        versions=manifest.get("versions", {}),
    )


def _languages(sides: Mapping[str, Any]) -> dict[str, float]:
    """Shares of all sides together, without those that were too short to tell.

    >>> _languages({"train": {"languages": {"en": 90, "de": 10, "unsure": 7}}, "test": {"languages": None}})
    {'en': 0.9, 'de': 0.1}
    """
    total: dict[str, int] = {}
    for side in sides.values():
        for code, count in (side["languages"] or {}).items():
            total[code] = total.get(code, 0) + (count if code != UNSURE else 0)
    whole = sum(total.values())
    shares = {code: count / whole for code, count in total.items() if whole and count / whole >= LEAST_LANGUAGE}
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def _document(path: Path) -> dict[str, Any]:
    return artifacts.read_json(path) if path.is_file() else {}
