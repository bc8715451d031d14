"""The examples at the end of a command's `--help`. A test runs the options of each past the command that it is of."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "prepare": (
        "tuneset prepare raw/ --out dataset",
        "tuneset prepare chats.jsonl faq.csv --out dataset --set split.validation=0.2",
    ),
    "check": (
        "tuneset check train.jsonl validation.jsonl",
        "tuneset check data/ --profile together --model Qwen/Qwen3-8B",
        "tuneset check train.jsonl --select TOL,CNV --output concise",
        "tuneset check train.jsonl --diff",
    ),
    "baseline": (
        "tuneset baseline chats/ --out known.json",
        "tuneset check chats/ --baseline known.json",
        "tuneset baseline dataset --rates --out rates.json",
        "tuneset prepare raw/ --out dataset --set gate.baseline=rates.json",
    ),
    "tokens": ("tuneset tokens train.jsonl --profile openai --model gpt-4.1-mini-2025-04-14",),
    "plan": ("tuneset plan dataset", "tuneset plan train.jsonl --output markdown"),
    "export": ("tuneset export dataset --to openai --out exported",),
    "card": ("tuneset card dataset --to hf", "tuneset card dataset --out cards"),
    "doctor": ("tuneset doctor dataset", "tuneset doctor"),
    "gate": ("tuneset gate", "tuneset gate dataset --set gate.max_drop_rate=0.6"),
    "upload": (
        "tuneset upload dataset",
        'tuneset upload dataset --ignore-gate "repeated on purpose"',
    ),
    "tune": ("tuneset tune dataset", "tuneset tune --detach"),
    "results": ("tuneset results dataset",),
    "label": (
        "tuneset label prompts.jsonl --out labels.jsonl --model gpt-4.1-mini --preview",
        "tuneset label prompts.jsonl --out labels.jsonl --model gpt-4.1-mini --batch",
        "tuneset label --set label.base_url=http://127.0.0.1:8000/v1 --set label.max_tokens=4096",
    ),
    "evaluate": (
        "tuneset evaluate dataset",
        "tuneset evaluate dataset --test --limit 200 --grader grader.json",
        "tuneset evaluate dataset --min-gain 0",
    ),
    "summary": ("tuneset summary dataset", "tuneset summary"),
    "diff": (
        "tuneset diff old-dataset dataset",
        "tuneset diff rev:v1.0 data --max-gone 0.01 --output markdown",
        "tuneset diff old.jsonl new.jsonl --show 20",
    ),
    "view": (
        "tuneset view dataset",
        "tuneset view dataset --terminal --filter side=dropped --filter code=DUP",
        "tuneset view dataset --filter text=refund --output json",
    ),
    "explain": ("tuneset explain raw/chats.jsonl:12 --out dataset",),
    "rules": ("tuneset rules", "tuneset rules CNV006"),
    "render": ("tuneset render train.jsonl:1 --target models/Qwen2.5-0.5B-Instruct",),
    "mask": ("tuneset mask train.jsonl:1 --target models/Qwen2.5-0.5B-Instruct --recipe trl",),
    "overlap": ("tuneset overlap dataset benchmark.jsonl",),
    "index": ("tuneset index gsm8k.jsonl --out gsm8k.ngrams",),
    "ingest": ("tuneset ingest", "tuneset ingest --set 'ingest.paths=[exports]'"),
    "clean": ("tuneset clean --set clean.redact.email=drop",),
    "review": ("tuneset review --set review.file=review.jsonl",),
    "validate": ("tuneset validate --set endpoint.profile=openai",),
    "dedup": ("tuneset dedup --set dedup.near.threshold=0.9",),
    "tokenize": ("tuneset tokenize --set tokenize.max_tokens=4096",),
    "split": ("tuneset split --set split.validation=0.2",),
    "report": ("tuneset report",),
    "spend": ("tuneset spend",),
    "purposes": ("tuneset purposes --profile openai",),
    "serve": ("tuneset serve", "tuneset serve --port 0 --base qwen=models/Qwen2.5-0.5B-Instruct"),
    "files": ("tuneset files list", "tuneset files prune"),
    "files upload": ("tuneset files upload train.jsonl", "tuneset files upload requests.jsonl --purpose batch"),
    "files import": ("tuneset files import https://example.org/train.jsonl",),
    "files list": ("tuneset files list --purpose fine-tune --limit 20",),
    "files get": ("tuneset files get file-abc123",),
    "files wait": ("tuneset files wait file-abc123",),
    "files content": ("tuneset files content file-abc123 --out results.csv",),
    "files delete": ("tuneset files delete file-abc123",),
    "files prune": ("tuneset files prune", "tuneset files prune --yes"),
    "jobs": ("tuneset jobs list", "tuneset jobs show"),
    "jobs list": ("tuneset jobs list --most 5",),
    "jobs show": ("tuneset jobs show", "tuneset jobs show ftjob-abc123 --output json"),
    "jobs events": ("tuneset jobs events ftjob-abc123",),
    "jobs checkpoints": ("tuneset jobs checkpoints",),
    "jobs cancel": ("tuneset jobs cancel ftjob-abc123",),
    "jobs pause": ("tuneset jobs pause ftjob-abc123",),
    "jobs resume": ("tuneset jobs resume ftjob-abc123",),
    "jobs settle": ("tuneset jobs settle", "tuneset jobs settle --job ftjob-abc123"),
    "batch": ("tuneset batch submit prompts.jsonl --model gpt-4.1-mini --out batch", "tuneset batch fetch batch"),
    "batch submit": ("tuneset batch submit prompts.jsonl --model gpt-4.1-mini --out batch",),
    "batch watch": ("tuneset batch watch batch",),
    "batch fetch": ("tuneset batch fetch batch", "tuneset batch fetch batch --output json"),
    "migrate": (
        "tuneset migrate --to trl --out moved --model Qwen/Qwen3-8B",
        "tuneset migrate ftjob-1 --to together --out moved --there endpoint.spend_limit_usd=20 --create",
    ),
    "init": ("tuneset init", "tuneset init my-dataset"),
    "sample": ("tuneset sample --out data/raw",),
    "mcp": ("tuneset mcp", "tuneset mcp --root my-dataset --allow-write"),
    "schema": ("tuneset schema", "tuneset schema check", "tuneset schema params"),
}
"""By command, of a group by both words; each line is one that can be typed."""


def examples(command: str) -> str | None:
    """The end of a command's help, or None where it has no example."""
    lines = EXAMPLES.get(command)
    return None if lines is None else "\n\n".join(("Examples:", *lines))
