"""A time limit on a function that may never return, without another process.

A timer thread interrupts the main thread, as Ctrl-C does, until the call is left.
"""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Callable
from types import FrameType

EVERY = 0.02
"""Seconds between two interrupts of a call that is over its time."""

NO_SIGNAL = 10**6


class OutOfTime(Exception):
    """The call took longer than it may."""


def call_within(seconds: float, work: Callable[[], object]) -> object:
    """Return `work()`, or raise `OutOfTime` when it takes longer.

    Python looks for an interrupt between two of its steps: a single long call into NumPy ends
    first. Off the main thread nothing can be interrupted, and there is no limit: `can_interrupt`.

    Raises
    ------
    OutOfTime
        The time is over. Whatever else `work` raises passes through, Ctrl-C included.

    Examples
    --------
    >>> call_within(1, lambda: 6 * 7)
    42
    """
    if not can_interrupt():
        return work()
    done, over = threading.Event(), threading.Event()

    def watch() -> None:
        done.wait(seconds)
        while not done.is_set():
            over.set()
            _interrupt_main()
            done.wait(EVERY)

    def interrupted(number: int, frame: FrameType | None) -> None:
        if not over.is_set():
            raise KeyboardInterrupt  # the reader's own
        if _is_inside(frame):
            _raise_and_come_back()

    before = signal.signal(signal.SIGINT, interrupted)
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    value = None
    try:
        value = _inside(work)
    except BaseException:
        if not over.is_set():
            raise
    finally:
        done.set()
        watcher.join()
        signal.signal(signal.SIGINT, before or signal.default_int_handler)
    if over.is_set():
        raise OutOfTime
    return value


def can_interrupt() -> bool:
    """Return whether a call made from here can be stopped."""
    return threading.current_thread() is threading.main_thread()


def _inside(work: Callable[[], object]) -> object:
    return work()


def _is_inside(frame: FrameType | None) -> bool:
    """Whether the limited call is still running; it may have returned a moment ago."""
    while frame is not None and frame.f_code is not _inside.__code__:
        frame = frame.f_back
    return frame is not None


def _raise_and_come_back() -> None:
    # The first signal asks for the next interrupt, the second raises ValueError, and no step of
    # Python lies between: where a bare `except:` catches this one, its next step meets another.
    list(map(_thread.interrupt_main, (signal.SIGINT, NO_SIGNAL)))


def _interrupt_main() -> None:
    if hasattr(signal, "pthread_kill"):  # also wakes a call of time.sleep
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    else:
        _thread.interrupt_main()
