"""The figures of speed: medians of repeats, on this machine. What `make bench` prints."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

REPEATS = 5


def seconds_of(command: list[str]) -> float:
    """Return the wall time of one run of a command."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def median_of(measure: Callable[[], float]) -> float:
    """Return the median of a few measurements, after one that warms the caches."""
    measure()
    return statistics.median(measure() for _ in range(REPEATS))


def import_seconds() -> float:
    """Return the time that `import imagegroup` takes in a new interpreter."""
    script = (
        "import time; t = time.perf_counter(); import imagegroup; print(time.perf_counter() - t)"
    )
    output = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    return float(output.stdout)


def main() -> None:
    """Measure and print."""
    from imagegroup.samples import make_album

    print(f"{os.cpu_count()} cores, medians of {REPEATS}")
    print(f"import imagegroup            {median_of(import_seconds):6.2f} s")
    command = [sys.executable, "-m", "imagegroup"]
    print(
        f"imagegroup --help            {median_of(lambda: seconds_of([*command, '--help'])):6.2f} s"
    )
    with tempfile.TemporaryDirectory() as place:
        start = time.perf_counter()
        album = make_album(Path(place) / "album")
        print(f"make the album, 96 images    {time.perf_counter() - start:6.2f} s (once)")
        job = [*command, "group", str(album), "--json"]
        print(f"group it, DEFAULT            {median_of(lambda: seconds_of(job)):6.2f} s")


if __name__ == "__main__":
    main()
