"""Make edits in a process that is killed again and again; print what happened.

python journal_killer.py after N SEED     kill -9 as soon as an edit is said to be saved; N times
python journal_killer.py any N SEED       kill -9 at random moments; N times
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from corrections_case import grouping_of, random_edit, same
from export_case import workplace

from imagegroup.commands import Corrector
from imagegroup.corrections import Arrangement


def grouping_in(place: Path):
    """Give the grouping of 24 small files."""
    folder = place / "photos"
    folder.mkdir(exist_ok=True)
    paths = tuple(f"{row:02d}.jpg" for row in range(24))
    for row, name in enumerate(paths):
        (folder / name).write_bytes(bytes([row // 2]) * 100)  # each content twice
    return grouping_of([row % 5 - 1 for row in range(24)], folder=folder, paths=paths)


def edit_for_ever(place: Path, seed: int, saved: int) -> None:
    """Make random edits; after each say how many there are in the journal."""
    rng, desk = random.Random(seed), Corrector(grouping_in(place), place / "journal")
    while True:
        edit = random_edit(desk.now, rng)
        try:
            desk.do(edit)
        except ValueError:
            continue
        os.write(saved, f"{desk.journal.number}\n".encode())


def shoot(place: Path, seed: int, at_once: bool) -> int:
    """Kill a child that edits; return the last number of edits that it called saved."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        edit_for_ever(place, seed, writing)
    os.close(writing)
    first = os.read(reading, 100)
    if not at_once:
        time.sleep(random.uniform(0, 0.02))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    said = first
    while more := os.read(reading, 65_536):
        said += more
    os.close(reading)
    return int(said.split()[-1])


def states(place: Path) -> tuple[int, Arrangement]:
    """Open the journal afresh: give its number of edits and the state they lead to."""
    desk = Corrector(grouping_in(place), place / "journal")
    return desk.journal.number, desk.now


if __name__ == "__main__":
    what, number, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    counts = Counter(lost=0, killed=0, torn=0)
    with workplace() as place:
        for i in range(number):
            said = shoot(place, seed + i, at_once=what == "after")
            counts["killed"] += 1
            counts["torn"] += not (place / "journal").read_bytes().endswith(b"\n")
            found, state = states(place)
            # One more than was said may be there: killed between the disk and the word.
            counts["lost"] += found not in (said, said + 1)
            counts["edits"] = found
            assert same(state, states(place)[1])
    print(json.dumps(counts))
