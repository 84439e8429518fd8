"""Many small photos: is the CPU time of one the same among 20,000, and does memory stay bounded?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
from make_images import make_folder
from measure import say_at_most

SIDE, FEW, MANY = 320, 2_000, 20_000
GIGABYTES, SLOPE = 1.2, 15
"""Bars: peak memory in 10**9 bytes; percent by which CPU time an image may differ."""
JOB = """
import json, re, resource, sys, time, types
from imagegroup import DEFAULT, group_images, grouping
grouping.time = types.SimpleNamespace(perf_counter=time.process_time)  # stages in CPU seconds
wall = time.perf_counter()
recipe = DEFAULT.with_values(**json.loads(sys.argv[4]))
found = group_images(sys.argv[1], recipe, batches=sys.argv[3])
wall = time.perf_counter() - wall
assert len(found.paths) == int(sys.argv[2]) and not found.skipped
try:  # ru_maxrss remembers the process that started this one, VmHWM does not
    kilobytes = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
except FileNotFoundError:
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"cpu": found.seconds, "wall": wall, "peak": kilobytes * 1024 / 1e9,
                  "k": found.k, "criterion": found.criterion, "bytes": found.vectors[0].nbytes}))
"""


def make_photos(folder: Path, count: int) -> Path:
    """Make photos, a quarter anew, the others as mirror images of these: that takes less time."""
    new = count // 4
    make_folder(folder, new, SIDE)
    for number in range(new, count):
        path = folder / f"{number:05}.jpg"
        if not path.exists():
            image = cv2.imread(str(folder / f"{number % new:05}.jpg"))
            mirrored = cv2.flip(image, 2 - number // new)
            cv2.imwrite(str(path), mirrored, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return folder


def group(folder: Path, count: int, **values: object) -> dict:
    """Group a folder in a new process: CPU seconds of each stage, wall seconds, peak memory."""
    batches = folder.with_name(f"{folder.name}-batches")
    arguments = (str(folder), str(count), str(batches), json.dumps(values))
    command = [sys.executable, "-c", JOB, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    run = json.loads(done.stdout)
    stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in run["cpu"].items())
    print(
        f"  {count} photos: CPU s {stages}; wall {run['wall']:.0f} s, peak {run['peak']:.2f} GB, "
        f"{run['bytes']} bytes a vector, k = {run['k']} ({run['criterion']})",
        flush=True,
    )
    return run


def milliseconds_an_image(run: dict, count: int) -> float:
    """Give the CPU time of reading, describing and encoding, without what is done once."""
    return 1_000 * (run["cpu"]["extract"] + run["cpu"]["encode"]) / count


def main(place: Path) -> None:
    """Print the two bars, each from one run, and what finished batches save and take."""
    folders = {n: make_photos(place / f"{SIDE}-{n}", n) for n in (FEW, MANY)}
    runs = {FEW: group(folders[FEW], FEW, k=2), MANY: group(folders[MANY], MANY)}
    few, many = (milliseconds_an_image(run, n) for n, run in runs.items())
    beside = f" ({few:.2f} and {many:.2f} ms)"
    figure = f"CPU time an image, {MANY} photos against {FEW}"
    say_at_most(figure, abs(100 * (many / few - 1)), "%", SLOPE, beside)
    say_at_most(f"peak memory, {MANY} photos", runs[MANY]["peak"], "GB", GIGABYTES)
    group(folders[FEW], FEW, k=2)  # all batches are there
    kept = (place / f"{SIDE}-{MANY}-batches").iterdir()
    size = sum(path.stat().st_size for path in kept)
    print(f"  batches: {size / MANY:.0f} bytes an image on disk", flush=True)
