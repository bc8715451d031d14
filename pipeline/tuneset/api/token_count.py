"""The tokens of files, counted range by range; what the command and the function for programs share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tuneset.api.settings import choose_model
from tuneset.artifacts import read_error
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import Progress
from tuneset.params import Params
from tuneset.reading.line_ranges import byte_ranges
from tuneset.reporting import token_table
from tuneset.rules.engine.token_counts import CountTask, count_range, join
from tuneset.targets.target import find_target

_MARK = b"\xef\xbb\xbf"


def count_files(
    sources: Sequence[tuple[Path, str]],
    params: Params,
    profile: str | None,
    model: str | None,
    workers: int | None,
    progress: Progress,
    local: str | None = None,
) -> list[token_table.FileTokens]:
    """Count the tokens of files, each of which is reported under the name beside it; `local` names a model at hand."""
    chosen, named = choose_model(params, profile, model)
    name = named or chosen.default_model
    own = params.target
    target = find_target(
        name, chosen, local=local or own.model, template=None if local else own.template, recipe=own.recipe
    )
    tasks, owners = [], []
    total = 0
    for number, (path, source) in enumerate(sources):
        try:
            size = path.stat().st_size
            with path.open("rb") as handle:
                first = len(_MARK) if handle.read(len(_MARK)) == _MARK else 0
        except OSError as error:
            raise read_error(source, error) from error
        parts = byte_ranges(path, first, size)
        tasks += [CountTask(part, target) for part in parts]
        owners += [number] * len(parts)
        total += size
    with open_executor(workers, progress, brief=True) as executor:
        executor.broadcast("tuneset.rules.engine.token_counts", size=total)
        results = list(executor.map(count_range, tasks, label="tokens", size=total))
    return [
        token_table.FileTokens(
            path=source,
            counts=join([result for owner, result in zip(owners, results, strict=True) if owner == number]),
            model=name,
            encoding=target.encoding,
            exact=target.vocabulary.exact,
            limit=target.max_example_tokens,
            recipe=target.recipe,
        )
        for number, (_, source) in enumerate(sources)
    ]
