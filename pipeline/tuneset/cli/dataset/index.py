"""`tuneset index`: evaluation material as a file of hashes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tuneset.cli.common import OutputOption, print_result
from tuneset.errors import UsageError
from tuneset.execution import evaluation_files, evaluation_index
from tuneset.params import EvaluationParams
from tuneset.similarity.contamination import NGRAM


def index(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Rows of a known shape, or .txt questions.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The index to write, such as gsm8k.ngrams.")],
    n: Annotated[int, typer.Option("--n", min=1, max=50, help="Words in an n-gram.")] = NGRAM,
    output: OutputOption = "text",
) -> None:
    """Write the n-grams of evaluation files as hashes: dedup.evaluation.files takes the index like the files."""
    if out.suffix != evaluation_index.SUFFIX:
        raise UsageError(
            f"--out {out}: is not named as an index", allowed=f"a name that ends in {evaluation_index.SUFFIX}"
        )
    sides = evaluation_files.load(EvaluationParams(files=[str(file) for file in files], n=n))
    evaluation_index.write(sides, out)
    counts = {side.name: int((side.index.coverable > 0).sum()) for side in sides}
    document = {"schema_version": 1, "index": str(out), "n": n, "texts": counts, "bytes": out.stat().st_size}
    told = ", ".join(f"{count:,} {name}s" for name, count in counts.items())
    print_result(output, document, [f"{out}: n-grams of {told}, {document['bytes']:,} bytes, no text"])
