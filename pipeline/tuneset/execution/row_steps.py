"""The row-wise stages as the stage table names them: functions of one shard's tables and the whole params.

Everything that a stage needs beyond its own section (the profile, the model's limit, the rules) is looked up here, once
a process.
"""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import polars as pl

from tuneset import review_marks
from tuneset.cleaning.reasoning import settle_reasoning
from tuneset.cleaning.sample_weight import keep_sample_weight
from tuneset.model import METHOD_FORMAT, Format, StageResult, Tables
from tuneset.params import Params
from tuneset.profile import Model, Profile, load_profile
from tuneset.rules.engine.check_context import EXAMPLE_FAMILIES, Settings, context_of
from tuneset.stages import clean, dedup_keys, review, tokenize, validate
from tuneset.targets.target import find_target


def clean_step(tables: Tables, params: Params) -> StageResult:
    """`stages.clean` with its params, once it is settled what becomes of reasoning and of an example's weight."""
    takes_reasoning = profile(params).reasoning
    settled, count = settle_reasoning(tables, params.clean.reasoning, kept_by_default=takes_reasoning)
    settled, weighted = keep_sample_weight(settled, taken=profile(params).lines.sample_weight)
    result = clean.clean(settled, params.clean)
    counts = {"removed.reasoning": count, **({"sample_weights": weighted} if weighted else {})}
    return dataclasses.replace(result, metrics={**result.metrics, **counts})


def review_step(tables: Tables, params: Params) -> StageResult:
    """`stages.review` with the decisions of the file that params name; without one all rows go on as they are."""
    return review.review(tables, decided(params))


def decided(params: Params) -> review.Decided:
    """The decisions of the file that params name; read once a process for each of its versions.

    Raises InputError where the file cannot be read.
    """
    if params.review.file is None:
        return review.decided([])
    path = Path(params.review.file)
    version = (path.stat().st_mtime_ns, path.stat().st_size) if path.is_file() else (0, 0)
    return _decided(path, version)


@functools.lru_cache(maxsize=2)
def _decided(path: Path, version: tuple[int, int]) -> review.Decided:
    del version  # a file that was written anew is read anew
    return review.decided(review_marks.read(path))


def validate_step(tables: Tables, params: Params) -> StageResult:
    """`stages.validate` with the profile's rules; adds the keys of what goes on, so that dedup reads nothing else."""
    result = validate.validate(tables, context_of(rule_settings(params)))
    return StageResult(dedup_keys.with_keys(result.tables), result.rejects, result.metrics)


def rule_settings(params: Params) -> Settings:
    """The rules that validate asks."""
    rules = params.validation
    severity = tuple(sorted(rules.severity.items()))
    return Settings(
        line_format(params),
        params.endpoint.profile,
        params.tune.model,
        tuple(rules.ignore),
        severity,
        families=EXAMPLE_FAMILIES | {"JSN"},
        reasoning=params.clean.reasoning in ("keep", "last"),
    )


def tokenize_step(tables: Tables, params: Params) -> StageResult:
    """`stages.tokenize` with the encoding, limit and policy that hold for the model."""
    result = tokenize.tokenize(tables, length(params))
    examples = result.tables.examples
    single = examples["answer"].is_not_null() if "answer" in examples.columns else None
    if single is None or not single.any():
        return result
    # What a single turn asks is another prompt than that of its conversation, by which it is grouped.
    turns = dedup_keys.with_keys(result.tables.keep(single)).examples
    own = turns.select("row_id", pl.col("prompt_key").alias("own_prompt_key"))
    joined = examples.join(own, on="row_id", how="left", maintain_order="left")
    return dataclasses.replace(result, tables=Tables(joined, result.tables.messages))


def line_format(params: Params) -> Format:
    """The line format that the job's method takes."""
    return METHOD_FORMAT[params.tune.method]


def profile(params: Params) -> Profile:
    """The endpoint's profile."""
    return load_profile(params.endpoint.profile)


def model_entry(params: Params) -> Model | None:
    """The profile's entry for the model that will be trained; None where the profile does not know it."""
    return profile(params).model(params.tune.model)


def length(params: Params) -> tokenize.Length:
    """Target model, limit and policy for the length of an example."""
    own = params.target
    target = find_target(
        params.tune.model,
        profile(params),
        params.tokenize.encoding,
        local=own.model,
        template=own.template,
        recipe=own.recipe,
    )
    limit = params.tokenize.max_tokens or target.max_example_tokens
    return tokenize.Length(target, limit, params.tokenize.over_length, own.unstable == "split")
