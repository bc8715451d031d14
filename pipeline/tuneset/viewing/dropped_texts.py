"""The texts of dropped rows, which no written file holds: read once more from the raw files, where these are at hand.

What is shown of them is cleaned and has placeholders for private data, as what was written has.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from tuneset.errors import TunesetError
from tuneset.example_tables import to_examples
from tuneset.execution import row_steps
from tuneset.execution.row_again import file_of, shown_tables
from tuneset.execution.whole_files.ingested import ingested
from tuneset.json_text import dump_line
from tuneset.params import Params
from tuneset.reading.raw_shards import cut, numbered
from tuneset.viewing.line_file import LineFile
from tuneset.viewing.rows import Rows

MOST_BYTES = 2 << 30
"""Of raw data that is read for it in the background; of more, single rows are read when they are looked at."""
FEW_BYTES = 64 << 20
"""The same where somebody waits."""


def read_dropped(rows: Rows, params: Params, scratch: Path, most_bytes: int) -> bool:
    """Give dropped rows their texts; False where there are none to be had. Raw files are looked for from here on."""
    frame = rows.frame
    dropped = frame.filter((pl.col("side") == "dropped") & (pl.col("stage") != "ingest"))
    sources = [rows.sources[number] for number in dropped["source"].unique().sort()]
    paths = [path for source in sources if (path := file_of(source)) is not None]
    if not paths or sum(path.stat().st_size for path in paths) > most_bytes:
        return False
    lines = scratch / "dropped.jsonl"
    wanted, found = dropped["id"], []
    line_format = row_steps.line_format(params)
    with lines.open("wb") as handle:
        shards = numbered(cut(paths, params.ingest.encoding, "skip"))
        named = [shard for shard in shards if shard.source in sources]
        for _, result in ingested(named, params, line_format):
            ids = result.tables.examples["row_id"].str.to_integer(base=16, dtype=pl.UInt64)
            kept = result.tables.keep(ids.is_in(wanted.implode()))
            if kept.examples.height:
                shown = shown_tables(kept, params)
                handle.writelines(map(dump_line, to_examples(shown)))
                found.append(shown.examples["row_id"].str.to_integer(base=16, dtype=pl.UInt64))
    if not found:
        return False
    places = np.array([rows.row_of(row_id) for row_id in pl.concat(found)], np.int64)
    rows.attach(LineFile(lines), places)
    return True


def read_if_possible(rows: Rows, params: Params, scratch: Path, most_bytes: int) -> None:
    """The same; a raw file that has changed or gone since is no fault here."""
    try:
        read_dropped(rows, params, scratch, most_bytes)
    except (TunesetError, OSError, pl.exceptions.PolarsError):
        return
