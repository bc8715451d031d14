"""The EU's public summary of training content, as far as a dataset's files tell: the rest is marked for the author.

Article 53(1)(d) of Regulation (EU) 2024/1689 asks it of providers of general-purpose AI models. The headings are those
of the Commission's template (published 24 July 2025; C(2025) 8311 of 5 December 2025): 1 general information, 2 list of
data sources, 3 data processing aspects. Who changes a model of somebody else's tells of the data of that change alone.
Whether somebody has to publish one is no question for this file.
"""

from __future__ import annotations

from tuneset.writing.cards.facts import CardFacts
from tuneset.writing.cards.hub import done

FILL = "**[to be filled by the provider]**"
_BILLION = 1_000_000_000
_SIZES = ((_BILLION, "less than 1 billion tokens"), (10_000 * _BILLION, "1 billion to 10 trillion tokens"))
_LARGEST = "more than 10 trillion tokens"


def summary(facts: CardFacts) -> str:
    """The summary in Markdown, with every heading of the template."""
    return "\n".join([*_head(facts), *_general(facts), *_sources(facts), *_processing(facts)]) + "\n"


def _head(facts: CardFacts) -> list[str]:
    return [
        "# Public summary of training content",
        "",
        f"Drafted from the dataset `{facts.name}`, by the template of the European Commission for Article 53(1)(d) of",
        "Regulation (EU) 2024/1689. What the files do not tell is marked. Other data of the model belongs here too.",
        "",
    ]


def _general(facts: CardFacts) -> list[str]:
    languages = ", ".join(f"{code} ({share:.0%})" for code, share in facts.languages.items()) or FILL
    tokens = facts.tokens.get("train")
    images = f"yes, in some examples; training data size: {FILL}" if facts.images else "none was found"
    return [
        "## 1. General information",
        "",
        "### 1.1 Provider identification",
        "",
        f"- **Provider name and contact details**: {FILL}",
        f"- **Authorised representative name and contact details**: {FILL}",
        "",
        "### 1.2 Model identification",
        "",
        f"- **Versioned model name(s)**: {FILL}",
        f"- **Model dependencies** (the model that was changed, and where its summary is): {FILL}",
        f"- **Date of placement of the model on the Union market**: {FILL}",
        "",
        "### 1.3 Modalities, overall training data size and other characteristics",
        "",
        f"- **Text**: yes; training data size: {FILL if tokens is None else _size(tokens, facts)}",
        f"- **Image**: {images}",
        "- **Audio, video, other**: " + FILL,
        "- **Types of content**: conversations of text for fine-tuning"
        + (", with calls of tools" if facts.tools else "")
        + f"; what they are about: {FILL}",
        f"- **Latest date of data acquisition or collection**: {FILL}",
        f"- **Linguistic characteristics of the overall training data**: {languages}",
        f"- **Other relevant characteristics, additional comments**: {FILL}",
        "",
    ]


def _size(tokens: int, facts: CardFacts) -> str:
    """The range of the template and the number.

    >>> from types import SimpleNamespace
    >>> _size(5_000, SimpleNamespace(encoding="o200k_base"))
    'less than 1 billion tokens (5,000 in train.jsonl, as o200k_base counts them)'
    """
    said = next((name for most, name in _SIZES if tokens < most), _LARGEST)
    return f"{said} ({tokens:,} in train.jsonl, as {facts.encoding} counts them)"


def _sources(facts: CardFacts) -> list[str]:
    known = [f"  - `{one.name}`: {one.examples:,} examples" for one in facts.sources] or [f"  - {FILL}"]
    return [
        "## 2. List of data sources",
        "",
        "The raw files of this dataset. Each belongs under one of 2.1 to 2.6; the files do not tell which:",
        "",
        *known,
        "",
        "### 2.1 Publicly available datasets",
        "",
        f"- **Were any used?** {FILL}; names, links and a description of each large one: {FILL}",
        "",
        "### 2.2 Private non-publicly available datasets obtained from third parties",
        "",
        f"- **2.2.1 Datasets commercially licensed by rightsholders or their representatives**: {FILL}",
        f"- **2.2.2 Private datasets obtained from other third parties**: {FILL}",
        "",
        "### 2.3 Data crawled and scraped from online sources",
        "",
        "- **By this tool**: none, it reads files and fetches nothing.",
        f"- **By others for the provider**: {FILL}",
        f"- **Crawlers, their purpose and behaviour, period, kinds of content, most relevant domain names**: {FILL}",
        "",
        "### 2.4 User data",
        "",
        f"- **Interactions with the AI model, or data of other services of the provider**: {FILL}",
        "",
        "### 2.5 Synthetic data",
        "",
        f"- **Was data made by AI models for this training?** {_synthetic(facts)}",
        "",
        "### 2.6 Other sources of data",
        "",
        f"- {FILL}",
        "",
    ]


def _synthetic(facts: CardFacts) -> str:
    """What the raw rows say of answers that models gave; of other rows they say nothing."""
    if not facts.teachers:
        return f"{FILL}; which models: {FILL}"
    told = ", ".join(f"`{model}` ({count:,} raw rows)" for model, count in facts.teachers.items())
    return f"yes, answers; by which models: {told}; other data: {FILL}"


def _processing(facts: CardFacts) -> list[str]:
    return [
        "## 3. Data processing aspects",
        "",
        "### 3.1 Respect of reservation of rights from the text and data mining exception or limitation",
        "",
        f"- **Signatory to the code of practice**: {FILL}",
        f"- **Measures before and during collection**: {FILL}",
        "",
        "### 3.2 Removal of illegal content",
        "",
        f"- **Measures**: {FILL}",
        "",
        "### 3.3 Other information on data processing (optional)",
        "",
        *done(facts),
    ]
