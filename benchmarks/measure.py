"""Run two ways of doing the same in turns, and say how they compare."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
from threadpoolctl import threadpool_info


@dataclass(frozen=True)
class Seconds:
    """How long something took, by the clock on the wall and in the processors."""

    wall: float
    cpu: float


def timed(call: Callable[[], object]) -> tuple[object, Seconds]:
    """Run something; give its result and how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    return result, Seconds(time.perf_counter() - wall, time.process_time() - cpu)


def race(
    theirs: Callable[[], object],
    ours: Callable[[], object],
    repeats: int,
    check: Callable[[object, object], None] = lambda one, other: None,
) -> tuple[list[Seconds], list[Seconds]]:
    """Run both in turns, check what each pair gave, and return how long each run took."""
    pairs = []
    for _ in range(repeats):
        one, slow = timed(theirs)
        other, fast = timed(ours)
        check(one, other)
        pairs.append((slow, fast))
    return tuple(zip(*pairs, strict=True))


def ratio(above: list[Seconds], below: list[Seconds], clock: str) -> float:
    """Give the median over the repeats of one time divided by the other."""
    pairs = zip(above, below, strict=True)
    return statistics.median(getattr(a, clock) / getattr(b, clock) for a, b in pairs)


def threads() -> str:
    """Say how many threads the libraries may use, for the side that does not limit them."""
    pools = ", ".join(f"{pool['user_api']} {pool['num_threads']}" for pool in threadpool_info())
    return f"{pools}, OpenCV {cv2.getNumThreads()}"


def say_speedup(
    figure: str, theirs: list[Seconds], ours: list[Seconds], bar: float, clock: str = "wall"
) -> None:
    """Print how many times as fast ours is; the clock that the bar is about comes first."""
    other = {"wall": "cpu", "cpu": "wall"}[clock]
    value, beside = ratio(theirs, ours, clock), ratio(theirs, ours, other)
    seconds = [statistics.median(getattr(run, clock) for run in runs) for runs in (theirs, ours)]
    print(
        f"{figure:58} {value:6.1f}x {clock}, {beside:5.1f}x {other}   "
        f"{seconds[0]:7.2f} s : {seconds[1]:6.2f} s   bar >= {bar:g}x: {verdict(value >= bar)}",
        flush=True,
    )


def say_at_most(figure: str, value: float, unit: str, bar: float, beside: str = "") -> None:
    """Print a figure that should stay small."""
    print(
        f"{figure:58} {value:7.2f} {unit}{beside}   bar <= {bar:g} {unit}: {verdict(value <= bar)}",
        flush=True,
    )


def verdict(reached: bool) -> str:
    """Say whether a bar was reached."""
    return "reached" if reached else "NOT reached"
