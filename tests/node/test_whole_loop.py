"""OpenAI's own Node client goes through the whole loop at a server with a key.

`make node` runs it; it needs node and npm, and fetches the client into build/node.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.endpoint.support import examples, lines

pytestmark = pytest.mark.node

CLIENT = Path(__file__).parent.parent.parent / "build" / "node" / "node_modules" / "openai"
KEY = "sk-this-is-the-key"


def test_the_node_client_uploads_trains_talks_and_deletes(tmp_path: Path) -> None:
    training = tmp_path / "train.jsonl"
    training.write_bytes(lines(examples()[:20]))
    server = subprocess.Popen(
        [sys.executable, "-m", "tuneset", "serve", "--port", "0", "--state", str(tmp_path / "state")],
        stderr=subprocess.PIPE,
        env=os.environ | {"TUNESET_API_KEY": KEY},
    )
    try:
        assert server.stderr is not None
        base_url = server.stderr.readline().decode().split()[2]
        script = Path(__file__).parent / "whole_loop.mjs"
        done = subprocess.run(
            ["node", str(script), str(CLIENT), base_url, KEY, str(training)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        seen = json.loads(done.stdout)
        assert seen["checkpoints"] == 2
        assert seen["events"] > 10
        assert seen["trained_tokens"] > 0
        assert seen["batch"] == {"total": 1, "completed": 1, "failed": 0}
    finally:
        server.terminate()
        server.communicate()
