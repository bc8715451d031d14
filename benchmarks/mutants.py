"""How many small faults the tests see: cosmic-ray's mutants of some files, each held against the tests of its file.

    python benchmarks/mutants.py [--each 10] [--seed NAME] [FILE...]

A mutant is one change by one operator of cosmic-ray, such as `<` for `<=`. So many of each file's are drawn by a hash
of the seed, put one after the other into a copy of the working tree, and the file's tests are run. Those that pass all
the same are printed: each is a test that is missing, or a change that changes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parent.parent
SOURCE = Path("pipeline/tuneset")
FAMILIES = "tests/rules/families/test_families.py"
SAMPLES_LAW = (
    "tests/rules/passes/test_laws.py::test_no_fast_pass_calls_an_example_of_a_rule_clean_in_which_something_is_found"
)


def _family(name: str, codes: str, *more: str) -> tuple[str, list[str]]:
    """A family of rules, and what is to see it: its doctests, its edges, and the laws of samples of its codes."""
    file = f"rules/families/{name}.py"
    own = f"tests/rules/families/test_{name}.py"
    edges = [FAMILIES, *([own] if (ROOT / own).is_file() else []), *more]
    chosen = f"{codes} or families or engine or usual_lines"
    return file, [f"{SOURCE / file}", *edges, "tests/rules/test_registry.py", SAMPLES_LAW, "-k", chosen]


USUAL_LINES = "tests/rules/passes/test_example.py::test_the_plain_pass_knows_the_usual_lines"
TESTS: dict[str, list[str]] = {
    "ledger.py": ["tests/test_ledger.py", "tests/execution/test_fused_run.py"],
    "stages/split.py": ["tests/stages/test_split.py"],
    "providers/calls.py": [
        "tests/providers/test_calls.py",
        "tests/providers/test_fault_matrix.py",
        "tests/providers/test_any_faults.py",
    ],
    **dict(
        [
            _family("text", "TXT", USUAL_LINES),
            _family("conversation", "CNV"),
            _family("dataset", "DAT", "tests/rules/engine/test_file_check.py"),
            _family("tool_calls", "TOL"),
            _family("tool_definitions", "TOL"),
            _family("shape", "SHP or PRF or CNV or VIS"),
            _family("json_line", "JSN"),
            _family("private_data", "EGR"),
            _family("vision", "VIS"),
            _family("preference", "PRF"),
            _family("reinforcement", "RFT"),
            _family("file", "FIL", "tests/rules/engine/test_file_check.py"),
            _family("model", "MOD", "tests/rules/engine/test_no_model.py"),
            _family("repeated_examples", "DAT", "tests/rules/engine/test_file_check.py"),
            _family("target", "TGT"),
        ]
    ),
    "reading/verdicts.py": ["pipeline/tuneset/reading/verdicts.py", "tests/reading/test_verdicts.py"],
    "reading/cut_off.py": ["pipeline/tuneset/reading/cut_off.py", "tests/reading/test_unfinished.py"],
    "reading/unfinished.py": ["pipeline/tuneset/reading/unfinished.py", "tests/reading/test_unfinished.py"],
    "reading/written_calls.py": ["pipeline/tuneset/reading/written_calls.py", "tests/reading/test_written_calls.py"],
    "execution/gate/examples.py": ["tests/execution/gate/test_examples.py", "tests/execution/gate/test_leaks.py"],
    "execution/gate/shared_numbers.py": [
        "tests/execution/gate/test_measurement.py",
        "tests/execution/gate/test_leaks.py",
    ],
    "execution/gate/hints.py": ["tests/execution/gate/test_hints.py", "tests/execution/gate/test_leaks.py"],
    "execution/gate/texts.py": [
        "pipeline/tuneset/execution/gate/texts.py",
        "tests/execution/gate/test_examples.py",
        "tests/execution/gate/test_leaks.py",
    ],
    "execution/gate/exchanges.py": ["tests/execution/gate/test_exchanges.py", "tests/execution/gate/test_leaks.py"],
    "execution/gate/measurement.py": [
        "tests/execution/gate/test_measurement.py",
        "tests/execution/test_many_machines.py",
    ],
    "execution/gate/near_rows.py": ["tests/execution/gate/test_leaks.py", "tests/execution/gate/test_measurement.py"],
    "execution/gate/number_tables.py": [
        "tests/execution/gate/test_number_tables.py",
        "tests/execution/gate/test_validation_blocks.py",
    ],
    "execution/gate/findings.py": [
        "tests/execution/gate/test_validation_blocks.py",
        "tests/execution/gate/test_leaks.py",
    ],
    "execution/gate/record.py": ["tests/execution/gate/test_record.py"],
    "execution/gate/shared_pieces.py": ["tests/execution/gate/test_leaks.py"],
    "execution/gate/training_ranges.py": [
        "tests/execution/gate/test_validation_blocks.py",
        "tests/execution/gate/test_leaks.py",
    ],
    "execution/gate/validation_blocks.py": [
        "tests/execution/gate/test_validation_blocks.py",
        "tests/execution/gate/test_measurement.py",
    ],
    "training/decoding.py": ["tests/training/test_decoding.py"],
    "execution/stores/file_ranges.py": ["tests/execution/stores/test_file_ranges.py"],
}
"""What is mutated, and the tests that are to see it."""
# `X | None` in an annotation is no code; and the operator of exceptions fails on names with a dot (cosmic-ray 8.7).
LEFT_OUT = ("BinaryOperator_BitOr", "ExceptionReplacer")
LIMIT_S = 1200  # a mutant that never ends is seen


class Mutant(NamedTuple):
    """One change: the file, the operator, and at which of its occurrences."""

    file: str
    operator: str
    occurrence: int


def mutants(file: str) -> Iterator[Mutant]:
    """All mutants of a file."""
    tree = get_ast((ROOT / SOURCE / file).read_text(encoding="utf-8"))
    nodes = [tree]
    for node in nodes:
        nodes += getattr(node, "children", [])
    for name in operator_names():
        kind = get_operator(name)
        if any(part in name for part in LEFT_OUT) or kind.arguments():  # those that ask for a name to replace
            continue
        operator = kind()
        count = sum(len(list(operator.mutation_positions(node))) for node in nodes)
        yield from (Mutant(file, name, occurrence) for occurrence in range(count))


def drawn(file: str, number: int, seed: str) -> list[Mutant]:
    """So many mutants of a file, the same for the same seed."""

    def place(mutant: Mutant) -> bytes:
        return hashlib.sha256(f"{seed} {mutant}".encode()).digest()

    return sorted(mutants(file), key=place)[:number]


def tests_pass(file: str, tree: Path) -> bool:
    """Whether the tests of a file pass in a copy of the working tree."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *TESTS[file]]
    environment = os.environ | {"PYTHONPATH": f"{tree}/pipeline:{tree}"}
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False, timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def survives(mutant: Mutant, tree: Path) -> str | None:
    """Whether all tests pass with a mutant in place: its line, or None where a test sees it."""
    path = tree / SOURCE / mutant.file
    before = path.read_text(encoding="utf-8")
    after = mutate_code(before, get_operator(mutant.operator)(), mutant.occurrence)
    assert after is not None
    path.write_text(after, encoding="utf-8")
    try:
        if not tests_pass(mutant.file, tree):
            return None
    finally:
        path.write_text(before, encoding="utf-8")
    lines = zip(before.splitlines(), after.splitlines(), strict=False)
    number, line = next((number, new) for number, (old, new) in enumerate(lines, start=1) if old != new)
    return f"{mutant.file}:{number}: {line.strip()}"


def main() -> None:
    """Print the survivors and the score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=10, help="mutants a file")
    parser.add_argument("--seed", default="tuneset", help="draws others")
    parser.add_argument("files", nargs="*", default=list(TESTS), help=f"of {', '.join(TESTS)}")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        left_out = shutil.ignore_patterns(".git", ".venv", "data", "dist", "build", "__pycache__", ".*_cache")
        shutil.copytree(ROOT, tree, ignore=left_out)
        seen = tried = 0
        for file in given.files:
            if not tests_pass(file, tree):
                sys.exit(f"{file}: its tests fail without any mutant")
            chosen = drawn(file, given.each, given.seed)
            survivors = [told for mutant in chosen if (told := survives(mutant, tree))]
            seen, tried = seen + len(chosen) - len(survivors), tried + len(chosen)
            print(f"{file}: {len(chosen) - len(survivors)} of {len(chosen)} seen", *survivors, sep="\n  ", flush=True)
    print(f"in all: {seen} of {tried} seen")


if __name__ == "__main__":
    main()
