"""Peak memory of DEFAULT on many photos, each job in a process of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from make_images import make_folder
from measure import say_at_most

BARS = {1_000: 400, 4_000: 600}
JOB = """
import re, resource, sys
from imagegroup import DEFAULT, group_images
grouping = group_images(sys.argv[1], DEFAULT)
assert len(grouping.paths) == int(sys.argv[2])
try:  # ru_maxrss remembers the process that started this one, VmHWM does not
    kilobytes = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
except FileNotFoundError:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(kilobytes / 1024, sum(grouping.seconds.values()))
"""


def peak_of(folder: Path, count: int) -> tuple[float, float]:
    """Group a folder in a new process: its peak memory in MB (2**20 bytes), and the seconds."""
    command = [sys.executable, "-c", JOB, str(folder), str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    megabytes, seconds = map(float, done.stdout.split())
    return megabytes, seconds


def main(repeats: int, place: Path) -> None:
    """Print a row for each number of photos."""
    for count, bar in BARS.items():
        folder = make_folder(place / f"640-{count}", count, 640)
        runs = [peak_of(folder, count) for _ in range(repeats)]
        megabytes, seconds = (statistics.median(values) for values in zip(*runs, strict=True))
        figure = f"peak memory of DEFAULT, {count} photos of 640 px"
        say_at_most(figure, megabytes, "MB", bar, f", {seconds:.0f} s")
