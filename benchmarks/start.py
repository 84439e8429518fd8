"""What a user waits for: the import, the help, the sample album."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

IMPORT = "import time; t = time.perf_counter(); import imagegroup; print(time.perf_counter() - t)"


def seconds_of(command: list[str]) -> float:
    """Return the wall time of one run of a command."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def import_seconds() -> float:
    """Return the time that `import imagegroup` takes in a new interpreter."""
    output = subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True)
    return float(output.stdout)


def main(repeats: int, place: Path) -> None:
    """Print the rows, each after one run that warms the caches."""
    from imagegroup.samples import make_album

    album = str(make_album(place / "album"))
    command = [sys.executable, "-m", "imagegroup"]
    rows = {
        "import imagegroup": import_seconds,
        "imagegroup --help": lambda: seconds_of([*command, "--help"]),
        "group the album, 96 images, DEFAULT": lambda: seconds_of(
            [*command, "group", album, "--json"]
        ),
    }
    for figure, measure in rows.items():
        measure()
        value = statistics.median(measure() for _ in range(repeats))
        print(f"{figure:58} {value:6.2f} s", flush=True)
