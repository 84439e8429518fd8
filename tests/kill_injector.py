"""Kill exports at random moments, or let several run at once; print what happened.

python kill_injector.py kill N SEED         kill -9, up to three times before one may end; N kills
python kill_injector.py interrupt N SEED    Ctrl-C, then again in the same process; N times
python kill_injector.py race N SEED         N at once with the same plan
python kill_injector.py contest N SEED      N at once with different plans for the same place
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable

from export_case import Trial, contents, workplace

from imagegroup.export import ExportError, apply_export, plan_export

MANY = {f"{i % 4}/{i // 8}.jpg": (i % 3 - 1, bytes([i]) * (i * 2_000)) for i in range(40)}
"""40 files of up to 80 kB, with names that collide."""


def start(action: Callable) -> int:
    """Start a child that does it; it ends with 0, or with 1 and a line on stderr."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        action()
        code = 0
    except ExportError as error:
        os.write(sys.stderr.fileno(), f"{error}\n".encode())  # whole, beside other children
    finally:
        os._exit(code)


def end(child: int) -> int:
    """Wait for a child; a negative number is the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def shoot(trial: Trial, action: Callable, number: int, within: float) -> None:
    """Send a signal to a child that does it, at a random moment."""
    child = start(action)
    time.sleep(random.uniform(0, within))
    os.kill(child, number)
    code = end(child)
    trial.counts["shots"] += 1
    trial.counts["killed"] += code == -signal.SIGKILL
    trial.counts["failed"] += code > 0
    trial.check()


def kill(trial: Trial, kills: int, within: float) -> None:
    """Kill up to three times, then let it end, until as many were killed as asked for."""
    while trial.counts["killed"] < kills:
        for _ in range(random.choice((1, 1, 2, 3))):
            shoot(trial, trial.export, signal.SIGKILL, within)
        plan = plan_export(trial.grouping, trial.out)
        trial.counts["reused"] += apply_export(plan).reused
        trial.check_resumed()
        trial.clear()


def interrupt(trial: Trial, rounds: int, within: float) -> None:
    """Interrupt as Ctrl-C does, and do it again at once in the same process."""

    def twice() -> None:
        try:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
            trial.export()
            time.sleep(1)  # so that the signal finds us
        except KeyboardInterrupt:
            trial.export()

    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # held back until the child is ready
    for _ in range(rounds):
        shoot(trial, twice, signal.SIGINT, within)
        trial.check_resumed()
        trial.clear()


def compete(trial: Trial, exporters: int, same: bool) -> None:
    """Let several export to the same place at once."""
    reading, writing = os.pipe()
    ready = [os.pipe() for _ in range(exporters)]

    def export(number: int) -> None:
        names = {} if same else {0: f"group of exporter {number}"}
        plan = plan_export(trial.grouping, trial.out, names=names)
        os.write(ready[number][1], b".")
        os.read(reading, 1)  # the starting shot
        if apply_export(plan, progress=lambda done: time.sleep(0.01)).already:
            raise ExportError("already complete")

    children = [start(lambda number=number: export(number)) for number in range(exporters)]
    for pipe, _ in ready:
        os.read(pipe, 1)
    os.write(writing, b"." * exporters)
    codes = [end(child) for child in children]
    trial.counts.update(completed=codes.count(0), refused=codes.count(1))
    if not same:  # any may have won
        trial.complete = contents(trial.out)
    trial.check_resumed()


if __name__ == "__main__":
    what, number, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    random.seed(seed)
    with workplace() as place:
        trial = Trial(place, MANY)
        began = time.perf_counter()
        end(start(trial.export))
        within = time.perf_counter() - began
        trial.clear()
        if what in ("race", "contest"):
            compete(trial, number, same=what == "race")
        else:
            {"kill": kill, "interrupt": interrupt}[what](trial, number, within)
        print(json.dumps(trial.counts))
