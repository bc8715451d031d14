"""The export formats `bedrock-converse` and `bedrock-rft`, for tuning on Amazon Bedrock.

`bedrock-converse` is the form of Nova and Llama 3.2: blocks of content, users and assistants strictly in turn, no
tools, no weights, images in S3. `bedrock-rft` has tasks in chat form with a `reference_answer`, graded by a Lambda.

Sources: Amazon Bedrock's data validators (aws-samples/amazon-bedrock-samples at 85fba9d9), the user guide's pages on
reinforcement fine-tuning and its OpenAI-compatible jobs, botocore 1.44.8 (2026-11-25).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from tuneset import export_reasons as reasons
from tuneset.artifacts import json_bytes
from tuneset.writing.conversation import Conversation, LeftOutError, Message, image_urls
from tuneset.writing.fitting import refuse, refuse_untrained, tell_detail
from tuneset.writing.row_files import ExportContext, ExportRow, Written, hf_messages, row_exporter
from tuneset.writing.scripts_of import script, write_reward

_FORMATS = {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "gif": "gif", "webp": "webp"}
MOST_IMAGES = 10
"""Images in a row of Nova's. Amazon Bedrock's data validator, 2026-08-21."""
REFERENCE = "reference_answer"
CONVERSE_ROWS, RFT_ROWS = (8, 20_000), (100, 20_000)
"""Fewest and most rows: of Nova's supervised tuning, and of reinforcement fine-tuning. The same source."""


def converse_rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The row of a supervised line all of whose answers are trained."""
    refuse(whole, lacks={"tools", "images of others", "reasoning", "names"})
    tell_detail(whole)
    refuse_untrained(whole)
    head = list(itertools.takewhile(lambda message: message.role == "system", whole.messages))
    messages = []
    for role, run in itertools.groupby(whole.messages[len(head) :], lambda message: message.role):
        here = list(run)
        if len(here) > 1:
            whole.changes.add(reasons.NEIGHBOURS_JOINED)
        messages.append({"role": role, "content": [block for message in here for block in _blocks(message)]})
    roles = [message["role"] for message in messages]
    if "system" in roles or roles[:1] != ["user"] or roles[-1] != "assistant":
        raise LeftOutError(reasons.TURNS_NOT_TAKEN, "the user does not begin, or the assistant does not end")
    if sum(len(image_urls(message)) for message in whole.messages) > MOST_IMAGES:
        raise LeftOutError(reasons.NO_PLACE, f"more than {MOST_IMAGES} images")
    row: ExportRow = {"schemaVersion": "bedrock-conversation-2024"}
    if head:
        row["system"] = [{"text": message.text} for message in head]
    return [{**row, "messages": messages}]


def _blocks(message: Message) -> Iterator[ExportRow]:
    if isinstance(message.content, str):
        yield {"text": message.content}
        return
    if message.role != "user":
        raise LeftOutError(reasons.NO_PLACE, "an image that is not the user's")
    for part in message.content:
        if part["type"] == "text":
            yield {"text": part["text"]}
            continue
        url = part["image_url"]["url"]
        kind = _FORMATS.get(PurePosixPath(url).suffix.lower().lstrip("."))
        if not url.startswith("s3://") or kind is None:
            raise LeftOutError(reasons.NO_PLACE, "an image that is not a JPEG, PNG, GIF or WebP in S3")
        yield {"image": {"format": kind, "source": {"s3Location": {"uri": url}}}}


def _setup_converse(written: Written) -> None:
    recipe = written.context.recipe
    body: dict[str, Any] = {
        "jobName": "tuneset",
        "customModelName": "tuneset",
        "roleArn": "ROLE",
        "baseModelIdentifier": recipe.model or "amazon.nova-lite-v1:0:300k",
        "customizationType": "FINE_TUNING",
        "trainingDataConfig": {"s3Uri": f"s3://BUCKET/{written.files['train']}"},
        "outputDataConfig": {"s3Uri": "s3://BUCKET/output/"},
        "hyperParameters": {"epochCount": str(recipe.epochs)},
    }
    if written.validation:
        body["validationDataConfig"] = {"validators": [{"s3Uri": f"s3://BUCKET/{written.validation}"}]}
    written.out.text("job.json", json_bytes(body).decode())
    names = " ".join(sorted({written.files[side] for side in ("train", "validation") if written.rows[side]}))
    written.out.text("submit.sh", _SUBMIT.replace("FILES", names))
    written.readme(
        "Rows for tuning on Amazon Bedrock",
        "sh submit.sh BUCKET ROLE_ARN",
        f"Nova takes {CONVERSE_ROWS[0]} to {CONVERSE_ROWS[1]} rows. Learning rate and batch are the service's own; "
        "`hyperParameters` of `job.json` takes `learningRate` and `batchSize` as text, within the limits of the model.",
    )


_SUBMIT = """#!/bin/sh
# Puts the files into a bucket and creates the job. Needs the aws command, signed in; the role must read the bucket.
set -e
bucket=${1:?name the bucket: sh submit.sh BUCKET ROLE_ARN}
role=${2:?name the role that the service takes}
for name in FILES; do aws s3 cp "$name" "s3://$bucket/$name"; done
sed -e "s#s3://BUCKET/#s3://$bucket/#g" -e "s#\\"ROLE\\"#\\"$role\\"#" job.json > job.filled.json
aws bedrock create-model-customization-job --cli-input-json file://job.filled.json
"""


def rft_rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  the same
    """The row of a task. What is not called `reference_answer` is copied to it, where there is one column only."""
    refuse(whole, lacks={"images", "reasoning", "names"})
    if not whole.messages or whole.messages[-1].role != "user":
        raise LeftOutError(reasons.TURNS_NOT_TAKEN, "the user does not end")
    columns = dict(whole.columns)
    if REFERENCE not in columns:
        if len(columns) != 1:
            raise LeftOutError(reasons.NO_PLACE, f"no column is called {REFERENCE}, and {len(columns)} could be it")
        whole.changes.add(reasons.COLUMN_COPIED)
        columns[REFERENCE] = next(iter(columns.values()))
    beside = {"tools": whole.tools} if whole.tools else {}
    return [{"messages": hf_messages(whole.messages, as_text=True), **columns, **beside}]


def _setup_rft(written: Written) -> None:
    recipe = written.context.recipe
    body = {
        "model": recipe.model or "openai.gpt-oss-20b",
        "method": {
            "type": "reinforcement",
            "reinforcement": {
                "grader": {"type": "lambda", "lambda": {"function": "LAMBDA"}},
                "hyperparameters": {
                    "n_epochs": recipe.epochs,
                    "batch_size": recipe.batch_size,
                    "learning_rate_multiplier": recipe.learning_rate_multiplier or 1.0,
                },
            },
        },
    }
    written.out.text("job.json", json_bytes(body).decode())
    written.out.text("submit.py", script("submit_bedrock_rft.py"))
    write_reward(written)
    written.readme(
        "Tasks for reinforcement fine-tuning on Amazon Bedrock",
        "python submit.py LAMBDA_ARN",
        "`reward.py` is the Lambda's code: its handler is `reward.lambda_handler`, and `grader.json` lies beside it. "
        "OPENAI_BASE_URL and OPENAI_API_KEY name the service and hold a key of Bedrock's.",
        f"The service takes {RFT_ROWS[0]} to {RFT_ROWS[1]} rows.",
    )


BEDROCK_CONVERSE = row_exporter(
    "bedrock-converse", "Nova and Llama 3.2 on Amazon Bedrock, with the job", ("sft",), converse_rows, _setup_converse
)
BEDROCK_RFT = row_exporter(
    "bedrock-rft", "tasks for Amazon Bedrock, with the job and the Lambda of the reward", ("rft",), rft_rows, _setup_rft
)
