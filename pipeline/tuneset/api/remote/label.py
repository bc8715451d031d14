"""A teacher's answers for rows that have none: what has to be asked, and the rows with what was answered.

Each question has a key of its content, the endpoint and all settings, under which its answer is kept: what is answered
is never asked again, whatever file it stands in. The raw files are read anew for each look at their rows, so that no
row, question or answer need be held. How questions are asked is in `asking.py` and `asking_batches.py`.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tuneset import json_text
from tuneset.api.remote.asking import Answer, Answers
from tuneset.artifacts import read_json, writing
from tuneset.disk_table import DiskTable
from tuneset.errors import InputError
from tuneset.labelling import answers as worth
from tuneset.labelling.prompts import Asked, Unasked
from tuneset.labelling.rows import Row, labelled
from tuneset.params import LabelParams
from tuneset.providers.chat_models import ChatQuestion
from tuneset.roles import SYSTEM_ROLES

_TOOLS = ("tools", "functions", "parallel_tool_calls")
_NOT_SENT = frozenset({"weight", "reasoning_content"})
"""Keys of a message that are for training alone."""
_LIMIT = "max_completion_tokens"
_SETTINGS = ("system", "max_tokens", "temperature", "seed", "json_schema")


@dataclasses.dataclass(frozen=True)
class Teacher:
    """Who is asked, and how.

    Args:
        params: with the model named.
        identity: of the endpoint, as in receipts.
        endpoint: its profile or address, for people.
        schema: what answers have to be; None for any text.
    """

    params: LabelParams
    identity: str
    endpoint: str
    schema: Mapping[str, Any] | None = None

    def question(self, asked: Asked) -> ChatQuestion:
        """What the teacher is asked for a row."""
        messages = [
            {key: value for key, value in one.items() if key not in _NOT_SENT} for one in asked.example["messages"]
        ]
        if self.params.system and messages[0].get("role") not in SYSTEM_ROLES:
            messages.insert(0, {"role": "system", "content": self.params.system})
        return ChatQuestion(
            str(self.params.model),
            tuple(messages),
            {key: asked.example[key] for key in _TOOLS if asked.example.get(key)},
            self.params.seed,
            self.params.max_tokens,
            self.params.temperature,
            None if self.schema is None else _response_format(self.schema),
        )

    def key(self, question: ChatQuestion) -> str:
        """Under which the answer is kept: whatever the limit of its tokens, it is the same where it came to an end."""
        body = {name: value for name, value in question.body().items() if name != _LIMIT}
        content = json_text.dumps([self.identity, body])
        return hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()

    def is_final(self, answer: Answer) -> bool:
        """Whether an answer would not be longer today: it came to its end, or might have as many tokens as now."""
        return not answer.get("cut_off") or answer.get("max_tokens", 0) >= self.params.max_tokens


def teacher_of(params: LabelParams, identity: str, endpoint: str) -> Teacher:
    """The teacher that params name. Raises InputError where its schema cannot be read or is none."""
    schema = params.json_schema
    if isinstance(schema, str):
        schema = read_json(Path(schema))
    if schema is not None:
        if not isinstance(schema, dict):
            raise InputError("label.json_schema: is no JSON Schema", allowed="an object")
        worth.holder_to(schema)
    return Teacher(params, identity, endpoint, schema)


def _response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": dict(schema)}}


Walk = Callable[[], Iterator[Row]]
"""Reads the rows anew, from the first on."""


@dataclasses.dataclass(frozen=True)
class LabelSurvey:
    """What the rows ask for.

    Args:
        rows: all of them.
        answered: that have an answer already.
        asking: that ask.
        known: different questions of theirs that are answered by earlier runs.
        questions: those that are not, in the order of the rows.
    """

    rows: int
    answered: int
    asking: int
    known: int
    questions: Unanswered


@dataclasses.dataclass(frozen=True)
class Unanswered:
    """Different questions of rows, by key (see `asking.Questions`): each is read again from the first row that asks it.

    A row that has changed since is left out.
    """

    walk: Walk
    teacher: Teacher
    places: DiskTable
    """Of the first row of each, by key."""

    def placed(self) -> Iterator[tuple[str, str, ChatQuestion]]:
        """Yield the questions, each with its key and the place of its row. Raises InputError as `survey`."""
        for row in self.walk():
            if isinstance(row.read, Asked):
                question = self.teacher.question(row.read)
                key = self.teacher.key(question)
                if self.places.get(key) == row.place:
                    yield key, row.place, question

    def items(self) -> Iterator[tuple[str, ChatQuestion]]:
        """Yield the questions, each with its key."""
        return ((key, question) for key, _, question in self.placed())

    def __contains__(self, key: str) -> bool:
        return key in self.places

    def __len__(self) -> int:
        return len(self.places)


def survey(walk: Walk, teacher: Teacher, kept: Answers) -> LabelSurvey:
    """Read all rows for what they ask, beyond what is answered.

    Raises InputError where a file cannot be read.
    """
    counts = Counter[str]()
    places, answered = DiskTable(), DiskTable()
    for row in walk():
        counts["rows"] += 1
        if row.read == "answered":
            counts["answered"] += 1
        elif isinstance(row.read, Asked):
            counts["asking"] += 1
            key = teacher.key(teacher.question(row.read))
            if key in kept:
                answered.add(key)
            else:
                places.add(key, row.place)
    unanswered = Unanswered(walk, teacher, places)
    return LabelSurvey(counts["rows"], counts["answered"], counts["asking"], len(answered), unanswered)


def write(
    walk: Walk, teacher: Teacher, found: Callable[[str], Answer | None], out: Path, ledger: Path
) -> dict[str, Any]:
    """Write the rows with their answers into `out`, and what became of each into `ledger`; give the figures.

    `found` gives the answer or refusal of a key. A row that has an answer of its own is written as it is, one whose
    question was refused, or has an answer that is worth nothing, is dropped with a code: rows in are rows out and rows
    dropped. Raises InputError where rows have changed since they were asked for.
    """
    fits = None if teacher.schema is None else worth.holder_to(teacher.schema)
    figures = Figures()
    with writing(out) as lines, writing(ledger) as account:
        for row in walk():
            line, code, detail = _outcome(row, teacher, found, fits, figures)
            outcome = "dropped" if line is None else "answered" if row.read == "answered" else "labelled"
            figures.add(outcome, code)
            if line is not None:
                lines.write(json_text.dump_line(line))
            entry = {"source": row.source, "line": row.line, "item": row.item, "outcome": outcome, "code": code}
            written = None if line is None else figures.written
            account.write(json_text.dump_line({**entry, "detail": detail, "written_line": written}))
    return figures.document(teacher)


@dataclasses.dataclass
class Figures:
    """What is counted while rows are written."""

    outcomes: Counter[str] = dataclasses.field(default_factory=Counter)
    codes: Counter[str] = dataclasses.field(default_factory=Counter)
    models: Counter[str] = dataclasses.field(default_factory=Counter)
    used: DiskTable = dataclasses.field(default_factory=DiskTable)
    """The keys of questions that were answered, however many rows ask each."""
    prompt_tokens: int | None = 0
    """Of these questions; None where some are not told."""
    answer_tokens: int | None = 0

    @property
    def written(self) -> int:
        """Lines so far."""
        return self.outcomes["answered"] + self.outcomes["labelled"]

    def add(self, outcome: str, code: str | None) -> None:
        """Count a row."""
        self.outcomes[outcome] += 1
        if code is not None:
            self.codes[code] += 1

    def use(self, key: str, answer: Answer) -> None:
        """Count the tokens of a question that was answered, once however many rows ask it."""
        if self.used.add(key):
            self.prompt_tokens = _plus(self.prompt_tokens, answer["prompt_tokens"])
            self.answer_tokens = _plus(self.answer_tokens, answer["answer_tokens"])

    def document(self, teacher: Teacher) -> dict[str, Any]:
        """The figures, the same for the same rows and answers."""
        params = teacher.params
        return {
            "schema_version": 1,
            "model": params.model,
            "endpoint": teacher.endpoint,
            "settings": {name: getattr(params, name) for name in _SETTINGS},
            "rows": sum(self.outcomes.values()),
            **{name: self.outcomes[name] for name in ("answered", "labelled", "dropped")},
            "dropped_by_code": dict(sorted(self.codes.items())),
            "labelled_by": dict(sorted(self.models.items())),
            "questions": len(self.used),
            "prompt_tokens": self.prompt_tokens,
            "answer_tokens": self.answer_tokens,
            "usd": usd(params, self.prompt_tokens, self.answer_tokens),
        }


def usd(params: LabelParams, prompt_tokens: int | None, answer_tokens: int | None) -> float | None:
    """What so many tokens cost by the prices of params, in US dollars; None where one of these is not known.

    >>> usd(LabelParams(prompt_usd_per_million_tokens=1, answer_usd_per_million_tokens=4), 500_000, 250_000)
    1.5
    """
    prices = params.prompt_usd_per_million_tokens, params.answer_usd_per_million_tokens
    if prompt_tokens is None or answer_tokens is None or prices[0] is None or prices[1] is None:
        return None
    return round((prompt_tokens * prices[0] + answer_tokens * prices[1]) / 1e6, 4)


def _outcome(
    row: Row, teacher: Teacher, found: Callable[[str], Answer | None], fits: worth.Fits | None, figures: Figures
) -> tuple[dict[str, Any] | None, str | None, str | None]:
    """The line of a row, or the code and the detail of why it has none."""
    if isinstance(row.read, Unasked):
        return None, row.read.code, row.read.detail
    if row.read == "answered":
        return row.record, None, None
    question = teacher.question(row.read)
    key = teacher.key(question)
    answer = found(key)
    if answer is None:
        raise InputError(f"{row.place}: has changed since the teacher was asked", hint="run the same command again")
    code = worth.judge(answer, tools=bool(question.tools), fits=fits)
    if "refused" not in answer:
        figures.use(key, answer)
    if code is not None:
        return None, code, answer.get("refused")
    model = answer.get("model") or question.model
    figures.models[model] += 1
    mark = {"model": model, "endpoint": teacher.endpoint, "row": row.place}
    return labelled(row.read, worth.message(answer), mark), None, None


def _plus(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more
