"""The figures of speed and memory: ratios within one run, medians of repeats. `make bench`.

    python benchmarks/run.py sweep job --repeats 3

Both sides of a ratio run in turns. The other side is `plain_post.py`, the post's method stated
plainly. Photos are generated (`make_images.py`) and kept in PLACE if one is given. How good the
groups are is told by `imagegroup score FOLDER --seeds 5`.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

import cv2
import jobs
import memory
import numpy as np
import scale
import scenes
import sklearn
import start
import sweep

ROWS = {
    "start": start.main,
    "sweep": lambda repeats, place: sweep.main(repeats),
    "job": jobs.main_classic,
    "default": jobs.main_default,
    "memory": memory.main,
    "scenes": scenes.main,
    "scale": lambda repeats, place: scale.main(place),
}
LONG = {"scale"}
"""Half an hour: runs only when it is named."""


def main() -> None:
    """Print the rows asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--place", type=Path, help="where generated photos are kept")
    arguments = parser.parse_args()
    if unknown := set(arguments.rows) - set(ROWS):
        sys.exit(f"{', '.join(sorted(unknown))}: expected some of {', '.join(ROWS)}.")
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, NumPy {np.__version__}, "
        f"OpenCV {cv2.__version__}, scikit-learn {sklearn.__version__}; "
        f"medians of {arguments.repeats}"
    )
    with tempfile.TemporaryDirectory() as temporary:
        for name in arguments.rows or [row for row in ROWS if row not in LONG]:
            ROWS[name](arguments.repeats, arguments.place or Path(temporary))


if __name__ == "__main__":
    main()
