"""Questions as batches, one for each model: asked exactly once, and joined back by `custom_id`.

A folder holds the questions of one batch until its answers are kept. A run that was interrupted leaves it, and the
next one goes on with that batch, whatever else it asks.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import orjson

from tuneset import artifacts, json_text
from tuneset.api.remote.asking import Answer, Answers, kept_answer
from tuneset.errors import RemoteError
from tuneset.params import Params
from tuneset.providers.batches import batch_answers, batch_creation, batch_folder
from tuneset.providers.batches.batch_requests import CHAT
from tuneset.providers.chat_models import ChatQuestion
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

    def ask(self, questions: Mapping[str, ChatQuestion], kept: Answers) -> dict[str, Answer]:
        """Ask (see `asking.Ask`), once the batches of earlier runs are answered.

        Raises UsageError where money may not be spent, and RemoteError where a batch has ended before its time; its
        answers are kept, and the next run asks the rest.
        """
        models = list(dict.fromkeys(question.model for question in questions.values()))
        left = [path.parent for model in models for path in sorted(self._of(model).glob(f"*/{QUESTIONS}"))]
        told, _ = self._answered(left, kept)
        refused = {key: answer for key, answer in told.items() if answer["refused"] != MISSING}
        folders, before = [], self._refused_before()
        for model in models:
            lines = b"".join(
                json_text.dump_line(
                    {"custom_id": _custom_id(key, before[key]), "method": "POST", "url": CHAT, "body": question.body()}
                )
                for key, question in questions.items()
                if question.model == model and key not in kept.known and key not in refused
            )
            if lines:
                folders.append(self._of(model) / hashlib.sha256(lines).hexdigest()[:16])
                artifacts.write_bytes(folders[-1] / QUESTIONS, lines)
        more, ended = self._answered(folders, kept)
        for batch in ended:
            try:
                batch_creation.require_success(batch)
            except RemoteError as error:
                again = "correct what is named, and run the same command again: it asks what has no answer yet"
                raise RemoteError(error.message, code=error.code, hint=again) from None
        return {key: answer for key, answer in {**refused, **more}.items() if key in questions}

    def _of(self, model: str) -> Path:
        """Where the questions to a model of this endpoint are."""
        return self.folder / hashlib.sha256(f"{self.endpoint.identity} {model}".encode()).hexdigest()[:16]

    def _answered(self, folders: Sequence[Path], kept: Answers) -> tuple[dict[str, Answer], list[RemoteBatch]]:
        """See the questions of some folders through to their answers; give what was refused, and the batches."""
        for folder in folders:
            batch_folder.submit(
                self.endpoint, self.params, folder / QUESTIONS, folder,
                model=None, url=CHAT, receipts_folder=self.receipts, on_bytes=self.on_bytes, say=self.say,
            )  # fmt: skip
        ids = [batch_id for folder in folders for batch_id in batch_folder.batch_ids(self.endpoint, folder)]
        ended = batch_creation.follow(self.endpoint, ids, self.on_status) if ids else []
        refused: dict[str, Answer] = {}
        for folder in folders:
            batch_folder.fetch(self.endpoint, folder)
            files = [*sorted(folder.glob("output-*.jsonl")), *sorted(folder.glob("errors-*.jsonl"))]
            found = batch_answers.chat_answers(files)
            without = []
            for line in (folder / QUESTIONS).read_bytes().splitlines():
                request = orjson.loads(line)
                custom_id = request["custom_id"]
                key, answer = custom_id.partition("-")[0], found.get(custom_id, MISSING)
                if isinstance(answer, str):
                    refused[key] = {"refused": answer}
                    without.append(key)
                elif key not in kept.known:
                    kept.add(key, kept_answer(answer, request["body"].get("max_completion_tokens")))
            self._note(without)
            shutil.rmtree(folder)  # what it held is kept now, and at the endpoint
        return refused, ended

    def _refused_before(self) -> Counter[str]:
        """How often each question came back without an answer."""
        path = self.folder / REFUSED
        return Counter(path.read_text(encoding="ascii").split() if path.is_file() else ())

    def _note(self, keys: Sequence[str]) -> None:
        """Write down which questions came back without an answer: the batch that asks them again is another one."""
        if keys:
            with (self.folder / REFUSED).open("a", encoding="ascii") as handle:
                handle.write("".join(f"{key}\n" for key in keys))


def _custom_id(key: str, before: int) -> str:
    """The key of a question, and how often it was asked in vain, so that no batch is taken for an earlier one.

    >>> _custom_id("0a1b", 0), _custom_id("0a1b", 2)
    ('0a1b', '0a1b-2')
    """
    return f"{key}-{before}" if before else key
