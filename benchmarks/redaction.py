"""Precision and recall of redaction, kind by kind, on the labelled set of the tests (`tests/labelled_texts`).

    python -m benchmarks.redaction [--count 400] [--show]

Below it stands what is found in samples that were written from documents and not from the patterns
(`tests/labelled_texts/independent.py`). `--show` prints what went wrong; all is made up, so nothing private shows.
"""

from __future__ import annotations

import argparse

from tests.labelled_texts.independent import measured
from tests.labelled_texts.measured import labelled_set, measure
from tuneset.cleaning.private_data.detectors import OPTIONAL_KINDS


def main() -> None:
    """Print a table of kind, precision and recall."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=400, help="positives, and near misses, of each kind")
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    options = parser.parse_args()
    figures = measure(labelled_set(options.count), print if options.show else None)
    off = measure(labelled_set(options.count, OPTIONAL_KINDS), print if options.show else None)
    print(f"{'kind':<20}{'precision':>10}{'recall':>10}")
    for kind, (precision, recall) in (*figures.items(), *((kind, off[kind]) for kind in OPTIONAL_KINDS)):
        print(f"{kind:<20}{precision:>10.3f}{recall:>10.3f}")
    print("\nindependent of the patterns, found of all:")
    for sort, found in measured(print if options.show else None).items():
        print(f"{sort:<20}{found.found:>6} of {found.wanted:>5} {found.found / found.wanted:>8.3f}")


if __name__ == "__main__":
    main()
