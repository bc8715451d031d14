"""Has schemathesis send the embedded endpoint what its OpenAPI document allows and forbids: `make fuzz`.

    python -m scripts.fuzz_endpoint SCHEMATHESIS [SECONDS]

Ends with schemathesis' own status. Left out is the check that every allowed body is accepted: files and models that it
names must be there, and texts of questions must fit the model.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.endpoint_openapi import document

KEY = "sk-of-this-run-alone"


def main(schemathesis: str, seconds: int) -> int:
    """Start a server, run, stop it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        schema = folder / "endpoint.json"
        schema.write_text(json.dumps(document()), encoding="utf-8")
        server = subprocess.Popen(
            [sys.executable, "-m", "tuneset", "serve", "--port", "0", "--state", str(folder / "state")],
            stderr=subprocess.PIPE,
            env=os.environ | {"TUNESET_API_KEY": KEY},
        )
        try:
            assert server.stderr is not None
            address = server.stderr.readline().decode().split()[2].removesuffix("/v1")
            options = ["--url", address, "-H", f"Authorization: Bearer {KEY}", "--max-time", str(seconds), "-n", "30"]
            left_out = ["--exclude-checks", "positive_data_acceptance", "--suppress-health-check", "all"]
            command = [schemathesis, "run", str(schema), *options, *left_out, "--continue-on-failure"]
            return subprocess.run(command, check=False).returncode
        finally:
            server.terminate()
            server.communicate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 120))
