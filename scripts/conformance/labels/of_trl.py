"""TRL's labels, as the export's own script shows them."""

import pathlib
import subprocess
import sys

_, model, out = sys.argv
done = subprocess.run(
    [sys.executable, "train.py", "--model", model, "--check"], capture_output=True, text=True, check=True
)
pathlib.Path(out).write_text("".join(f"{line}\n" for line in done.stdout.splitlines() if line.startswith('{"tokens"')))
