"""`tuneset evaluate` at the embedded endpoint: it prints what its schema says, and holds a gain to a limit."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.published import faults
from tests.command_line import tuneset

LINE = '{"messages": [{"role": "user", "content": "What is %d?"}, {"role": "assistant", "content": "A number."}]}\n'
SAME = ("evaluate", "--file", "rows.jsonl", "--base", "local-tiny", "--tuned", "local-tiny", "--max-tokens", "4")


def test_a_gain_that_is_no_number_is_refused(tmp_path: Path, one_endpoint: None):
    done = tuneset(tmp_path, *SAME, "--min-gain", "nan")
    assert (done.returncode, "--min-gain" in done.stderr) == (2, True)


def test_a_gain_below_its_limit_is_exit_1_with_the_whole_result(tmp_path: Path, one_endpoint: None):
    (tmp_path / "rows.jsonl").write_text("".join(LINE % number for number in range(3)))
    assert tuneset(tmp_path, *SAME, "--min-gain", "0").returncode == 0
    done = tuneset(tmp_path, *SAME, "--min-gain", "0.01", "--output", "json")
    assert (done.returncode, "below --min-gain 0.01" in done.stderr) == (1, True)
    assert faults("evaluate", done.stdout) == []
    told = json.loads(done.stdout)
    assert (told["cases"], told["gain"], told["max_tokens"], told["base_cut_off"]) == (3, 0.0, 4, 3)
