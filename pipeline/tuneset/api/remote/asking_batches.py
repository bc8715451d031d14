"""Questions as batches, one for each model: asked exactly once, and joined back by `custom_id`.

A folder holds the questions of one batch until its answers are kept. A run that was interrupted leaves it, and the
next one goes on with that batch, whatever else it asks.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from tuneset import artifacts, json_text
from tuneset.api.remote.asking import Answers, Questions, kept_answer
from tuneset.disk_table import DiskTable
from tuneset.errors import RemoteError
from tuneset.params import Params
from tuneset.providers.batches import batch_answers, batch_creation, batch_folder
from tuneset.providers.batches.batch_requests import CHAT
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files.local_file import OnBytes
from tuneset.providers.records import RemoteBatch

QUESTIONS, REFUSED = "questions.jsonl", "refused.txt"
MISSING = "not_in_files"
"""Why a question has no answer whose batch came back without a word of it."""


@dataclasses.dataclass(frozen=True)
class Batched:
    """Asks by batches.

    Args:
        endpoint: where.
        params: of the run; they say whether money may be spent.
        folder: of questions whose answers are not there yet.
        receipts: the folder of receipts.
        on_bytes: told of what is sent.
        on_status: told of a batch whenever it was looked at.
        say: told of anything else.
    """

    endpoint: Endpoint
    params: Params
    folder: Path
    receipts: Path
    on_bytes: OnBytes
    on_status: Callable[[RemoteBatch], None]
    say: Callable[[str], None]

    def ask(self, questions: Questions, kept: Answers) -> None:
        """Ask (see `asking.Ask`), once the batches of earlier runs are answered.

        Raises UsageError where money may not be spent, and RemoteError where a batch has ended before its time; its
        answers are kept, and the next run asks the rest.
        """
        models = list(dict.fromkeys(question.model for _, question in questions.items()))
        left = [path.parent for model in models for path in sorted(self._of(model).glob(f"*/{QUESTIONS}"))]
        self._answered(left, questions, kept, again=True)
        before = self._refused_before()
        written = (self._write(model, questions, kept, before) for model in models)
        ended = self._answered([folder for folder in written if folder is not None], questions, kept, again=False)
        for batch in ended:
            try:
                batch_creation.require_success(batch)
            except RemoteError as error:
                again = "correct what is named, and run the same command again: it asks what has no answer yet"
                raise RemoteError(error.message, code=error.code, hint=again) from None

    def _of(self, model: str) -> Path:
        """Where the questions to a model of this endpoint are."""
        return self.folder / hashlib.sha256(f"{self.endpoint.identity} {model}".encode()).hexdigest()[:16]

    def _write(self, model: str, questions: Questions, kept: Answers, before: DiskTable) -> Path | None:
        """Write what a model is to be asked yet into a folder of its own, which is named after it; None for nothing."""
        whole, digest, count = self._of(model) / "next.jsonl", hashlib.sha256(), 0
        with artifacts.writing(whole) as handle:
            for key, question in questions.items():
                if question.model != model or key in kept or key in kept.refused:
                    continue
                custom_id = _custom_id(key, int(before.get(key) or 0))
                line = json_text.dump_line(
                    {"custom_id": custom_id, "method": "POST", "url": CHAT, "body": question.body()}
                )
                handle.write(line)
                digest.update(line)
                count += 1
        if not count:
            whole.unlink()
            return None
        folder = self._of(model) / digest.hexdigest()[:16]
        folder.mkdir(exist_ok=True)
        whole.replace(folder / QUESTIONS)
        return folder

    def _answered(
        self, folders: Sequence[Path], questions: Questions, kept: Answers, *, again: bool
    ) -> list[RemoteBatch]:
        """See what some folders ask through to its answers, and give the batches.

        Of what was refused the run is told where it asks that too; where it may ask `again`, not of questions whose
        batch came back without a word of them.
        """
        for folder in folders:
            batch_folder.submit(
                self.endpoint, self.params, folder / QUESTIONS, folder,
                model=None, url=CHAT, receipts_folder=self.receipts, on_bytes=self.on_bytes, say=self.say,
            )  # fmt: skip
        ids = [batch_id for folder in folders for batch_id in batch_folder.batch_ids(self.endpoint, folder)]
        ended = batch_creation.follow(self.endpoint, ids, self.on_status) if ids else []
        for folder in folders:
            batch_folder.fetch(self.endpoint, folder)
            asked = _limits(folder / QUESTIONS)
            without = DiskTable()
            for custom_id, answer in batch_answers.chat_answers(_came_back(folder)):
                limit = asked.pop(custom_id)
                if limit is None:
                    continue  # a stray, or not the first line of its question
                key = _key(custom_id)
                if isinstance(answer, str):
                    without.put(key, answer)
                elif key not in kept:
                    kept.add(key, kept_answer(answer, json.loads(limit)))
            for custom_id in asked:
                without.put(_key(custom_id), MISSING)
            for key, reason in without.items():
                if key in questions and not (again and reason == MISSING):
                    kept.refuse(key, reason)
            self._note(without)
            shutil.rmtree(folder)  # what it held is kept now, and at the endpoint
        return ended

    def _refused_before(self) -> DiskTable:
        """How often each question came back without an answer."""
        path, counts = self.folder / REFUSED, DiskTable()
        if path.is_file():
            with path.open(encoding="ascii") as lines:
                for key in map(str.strip, lines):
                    counts.put(key, str(int(counts.get(key) or 0) + 1))
        return counts

    def _note(self, without: DiskTable) -> None:
        """Write down which questions came back without an answer: the batch that asks them again is another one."""
        if len(without):
            with (self.folder / REFUSED).open("a", encoding="ascii") as handle:
                handle.writelines(f"{key}\n" for key in without)


def _limits(path: Path) -> DiskTable:
    """By `custom_id` how many tokens an answer may have, of the questions of a batch."""
    found = DiskTable()
    with path.open("rb") as lines:
        for line in lines:
            request = orjson.loads(line)
            found.put(request["custom_id"], json.dumps(request["body"].get("max_completion_tokens")))
    return found


def _came_back(folder: Path) -> list[Path]:
    return [*sorted(folder.glob("output-*.jsonl")), *sorted(folder.glob("errors-*.jsonl"))]


def _custom_id(key: str, before: int) -> str:
    """The key of a question, and how often it was asked in vain, so that no batch is taken for an earlier one.

    >>> _custom_id("0a1b", 0), _custom_id("0a1b", 2)
    ('0a1b', '0a1b-2')
    """
    return f"{key}-{before}" if before else key


def _key(custom_id: str) -> str:
    """The key of the question that was asked under a `custom_id`."""
    return custom_id.partition("-")[0]
