"""How far the work is, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


def progress_bar(items: Iterable, total: int, title: str, shown: bool = True) -> Iterator:
    """Iterate with a bar on stderr, for what takes longer than a second."""
    from tqdm import tqdm  # hidden without steps, or it would keep a line of the screen

    return iter(tqdm(items, title, total, leave=False, delay=1, disable=not (shown and total)))


def no_bar(items: Iterable, total: int, title: str) -> Iterator:
    """Iterate without a bar."""
    return iter(items)


@contextmanager
def clock(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Note the wall time of a stage, in seconds."""
    start = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - start, 3)
