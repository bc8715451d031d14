"""`tuneset tokens`: how many tokens files have, and what training on them would cost."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from tuneset.cli.common import OutputOption, print_json, progress_of
from tuneset.errors import InputError
from tuneset.params import load_params


def tokens(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Files or globs; - reads standard input.")],
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="The model to be trained. Default: of params.yaml.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="Whose model it is. Default: of params.yaml.")
    ] = None,
    output: OutputOption = "text",
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Processes. Default: one a core.")] = None,
) -> None:
    """Show tokens by file: totals, percentiles, a histogram, the longest examples, epochs and cost."""
    from tuneset.cli.check import named_sources  # noqa: PLC0415  the same
    from tuneset.execution.executor import open_executor  # noqa: PLC0415  the same
    from tuneset.profile import load_profile  # noqa: PLC0415  the same
    from tuneset.reading.line_ranges import byte_ranges  # noqa: PLC0415  keeps --help fast
    from tuneset.reporting import token_table  # noqa: PLC0415  the same
    from tuneset.rules.engine.token_counts import CountTask, count_range, join  # noqa: PLC0415  the same
    from tuneset.targets.target import find_target  # noqa: PLC0415  the same

    params = load_params(None)
    chosen = load_profile(profile or params.endpoint.profile)
    if model is None:
        own = params.tune.model if profile in (None, params.endpoint.profile) else ""
        model = own if chosen.model(own) else chosen.default_model
    target = find_target(model, chosen)
    with named_sources(files) as sources:
        tasks, owners = [], []
        total = 0
        for number, (path, name) in enumerate(sources):
            try:
                size = path.stat().st_size
                with path.open("rb") as handle:
                    first = 3 if handle.read(3) == b"\xef\xbb\xbf" else 0
            except OSError as error:
                raise InputError(f"{name}: cannot be read: {error.strerror or error}") from error
            parts = byte_ranges(path, first, size)
            tasks += [CountTask(part, target) for part in parts]
            owners += [number] * len(parts)
            total += size
        with progress_of(total) as progress, open_executor(workers, progress, brief=True) as executor:
            executor.broadcast("tuneset.rules.engine.token_counts", size=total)
            results = list(executor.map(count_range, tasks, label="tokens", size=total))
    found = [
        token_table.FileTokens(
            path=name,
            counts=join([result for owner, result in zip(owners, results, strict=True) if owner == number]),
            model=model,
            encoding=target.encoding,
            exact=target.vocabulary.exact,
            limit=target.max_example_tokens,
        )
        for number, (_, name) in enumerate(sources)
    ]
    today = dt.datetime.now(tz=dt.UTC).date()
    if output == "json":
        print_json(token_table.document(found, today))
        return
    for line in token_table.text(found, today):
        print(line)
