"""Makes the pictures of README.md anew, by the commands that it shows: `python docs/images/make.py`."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.docs.pages import blocks_of, calls_of, run, write_files  # noqa: E402


def main() -> None:
    """Runs README.md in an empty folder and keeps the first page of each picture."""
    blocks = blocks_of(ROOT / "README.md")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        shutil.copytree(ROOT / "examples", "examples")
        write_files(blocks, Path(folder))
        for call in (call for block in blocks if block.kind == "console" for call in calls_of(block)):
            if ".png" in call.command:
                print(run(call.command)[1], end="")
                picture = call.command.split()[-1]
                shutil.copyfile(picture, ROOT / "docs" / "images" / picture)
        os.chdir(ROOT)


if __name__ == "__main__":
    main()
