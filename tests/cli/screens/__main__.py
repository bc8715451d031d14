"""Write the screens anew; look at the difference before it is kept."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.cli.screens.walk import SCREENS, shown

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for name, text in shown(Path(folder)).items():
            (SCREENS / f"{name}.txt").write_text(text, encoding="utf-8")
