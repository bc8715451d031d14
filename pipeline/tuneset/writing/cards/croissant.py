"""A dataset as Croissant 1.0: JSON-LD by which data loaders and catalogues know files, sums and fields.

MLCommons, Croissant format specification 1.0 (2024); `mlcroissant` reads what this writes (docs/cards.md).
"""

from __future__ import annotations

from typing import Any

from tuneset.artifacts import json_bytes
from tuneset.terms import Format
from tuneset.writing.cards.facts import CardFacts
from tuneset.writing.cards.hub import FORMS

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the specification recommends."""

_CHAT = (("messages", "messages"),)
_LISTS: dict[Format, tuple[tuple[str, ...], ...]] = {
    "dpo": (
        ("prompt", "input", "messages"),
        ("preferred", "preferred_output"),
        ("non_preferred", "non_preferred_output"),
    ),
}
"""By format the lists of messages of a line: what they are called, their column, and the path within it."""


def document(facts: CardFacts) -> str:
    """The JSON text. Licence, creator, address and date are the author's to add: nothing of them is in the files."""
    whole = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": facts.name,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "description": f"{facts.examples:,} examples to fine-tune a language model with; each line has "
        f"{FORMS[facts.method].replace('`', '')}.",
        **({"inLanguage": list(facts.languages)} if facts.languages else {}),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": f"{side}.jsonl",
                "name": f"{side}.jsonl",
                "contentUrl": f"{side}.jsonl",
                "contentSize": f"{file['bytes']} B",
                "encodingFormat": "application/jsonlines",
                "sha256": file["sha256"],
            }
            for side, file in facts.files.items()
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": side,
                "name": side,
                "description": f"The {file['examples']:,} examples of {side}.jsonl, a record each.",
                "field": [_messages(side, *place) for place in _LISTS.get(facts.method, _CHAT)],
            }
            for side, file in facts.files.items()
        ],
    }
    return json_bytes(whole).decode()


def _messages(side: str, name: str, column: str, *within: str) -> dict[str, Any]:
    """A list of messages by role and content; what else a message has stands in the file alone."""

    def part(key: str) -> dict[str, Any]:
        return {
            "@type": "cr:Field",
            "@id": f"{side}/{name}/{key}",
            "name": key,
            "dataType": "sc:Text",
            "source": {
                "fileObject": {"@id": f"{side}.jsonl"},
                "extract": {"column": column},
                "transform": [{"jsonPath": path} for path in (*within, key)],
            },
        }

    return {
        "@type": "cr:Field",
        "@id": f"{side}/{name}",
        "name": name,
        "description": f"The messages of `{'.'.join((column, *within))}`, in order.",
        "repeated": True,
        "subField": [part("role"), part("content")],
    }
