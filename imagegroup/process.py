"""The one keeper of what belongs to the whole process: threads, warnings, OpenCV's log.

Each is a ``with`` block. The first caller to enter changes the process, the last to leave gives
back what was found: whatever was raised, in whichever order and from whichever threads they leave.
Nothing else in the package touches these things; a test reads the sources for that.

A Ctrl-C can strike anywhere, in these lines too, so each step can be taken twice: what was found
is noted before it is changed, it is forgotten only after it was given back, and leaving is tried
again where the first attempt was interrupted. One instant is left, when the block is done and ours
has not begun: then all is given back when the traceback of that Ctrl-C is let go.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from weakref import WeakSet

import cv2  # and with it NumPy, whose BLAS is then there to be limited
from threadpoolctl import LibController, ThreadpoolController

ONE = 1
"""Threads: what we do is many small steps, for which several threads wait more than they work."""
SILENT = 0
"""OpenCV's level of log at which it says nothing."""


def one_thread(*modules: str) -> AbstractContextManager[None]:
    """Keep BLAS, OpenMP and OpenCV at one thread while any caller is inside.

    A limit of BLAS or OpenCV holds for the process, one of OpenMP for the thread that sets it:
    each thread that computes enters by itself. To enter again costs microseconds. Libraries that
    were loaded in between are limited when the next caller enters. Where somebody else changes a
    number of threads meanwhile, that number stays.

    Parameters
    ----------
    *modules : str
        What the block is about to import. A library can be limited only once it is loaded, so
        they are imported first.

    Raises
    ------
    ImportError
        There is no such module.

    Examples
    --------
    >>> before = cv2.getNumThreads()
    >>> with one_thread("scipy.linalg"):
    ...     cv2.getNumThreads()
    1
    >>> cv2.getNumThreads() == before
    True
    """
    for name in modules:
        importlib.import_module(name)
    limited = functools.partial(_limit_threads, _mine.counts)
    return _visit(limited, _counts, _mine.counts)


def without_warnings() -> AbstractContextManager[None]:
    """Let Python's warnings pass unseen in this thread while it is inside.

    One filter is put before those that are there, and taken away when the last caller leaves. So
    ``warnings.filters`` stays the same list, and filters that others add meanwhile stay in it;
    ``warnings.catch_warnings`` would lose them. Warnings of other threads are shown as before.

    Examples
    --------
    >>> before = list(warnings.filters)
    >>> with without_warnings():
    ...     warnings.warn("nobody sees this")
    >>> warnings.filters == before
    True
    """
    return _visit(_filters.put_first, _filters, _mine.silence)


def quiet_opencv() -> AbstractContextManager[None]:
    """Keep OpenCV from writing about odd files to stderr while any caller is inside.

    Where ``OPENCV_LOG_LEVEL`` was set when OpenCV was loaded, somebody wants to read that: nothing
    is changed.

    Examples
    --------
    >>> import numpy as np
    >>> with quiet_opencv():
    ...     cv2.imdecode(np.frombuffer(b"no image", np.uint8), cv2.IMREAD_GRAYSCALE)
    """
    return contextlib.nullcontext() if _log_is_wanted else _visit(_silence_log, _log)


class _Visit:
    """One caller inside. Only its own block holds it, so it is never counted for longer."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()


class _Inside:
    """The callers inside, and what is given back when the last of them leaves."""

    def __init__(self) -> None:
        self.visits: WeakSet[_Visit] = WeakSet()

    def leave(self, visit: _Visit) -> None:
        self.visits.discard(visit)
        if not self.visits:
            self.give_back()

    def give_back(self) -> None:
        """Undo what was done for the callers; here nothing."""


class _Setting:
    """A number that the process or each thread has one of."""

    def __init__(self, read: Callable[[], int], write: Callable[[int], object]) -> None:
        self.read, self.write = read, write
        self._shared: bool | None = None

    def is_shared(self) -> bool:
        """Whether what this thread has just written holds for all: once, another one is asked.

        That differs between libraries, how they were built, and versions of threadpoolctl.
        """
        if self._shared is None:
            seen: list[int] = []
            reader = threading.Thread(target=lambda: seen.append(self.read()))
            reader.start()
            reader.join()
            self._shared = seen == [self.read()]
        return self._shared


class _Settings(_Inside):
    """Settings that have one value while anyone is inside, and what they were before."""

    def __init__(self, ours: int, thread: int | None = None) -> None:
        super().__init__()
        self.ours, self.thread = ours, thread
        self.found: dict[_Setting, int] = {}

    def take(self, setting: _Setting) -> None:
        before = setting.read()
        if before != self.ours:
            self.found[setting] = before
            setting.write(self.ours)

    def give_back(self) -> None:
        if self.thread not in (None, threading.get_ident()):
            return  # a thread gives back its own, when it leaves the next time
        for setting, before in list(self.found.items()):
            if setting.read() == self.ours:  # else it was set by somebody else, who wants it so
                setting.write(before)
            self.found.pop(setting, None)


class _Filters(_Inside):
    """The filter that hides warnings, and the lists that it was put into."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = ("ignore", self, Warning, None, 0)  # `self` in place of a regular expression
        self.lists: list[list] = []

    def match(self, message: str) -> bool:
        """Whether to hide a warning: those of threads that are inside."""
        return len(_mine.silence.visits) > 0

    def put_first(self) -> None:
        filters = warnings.filters
        if filters[:1] != [self.filter]:
            self.lists.append(filters)
            filters.insert(0, self.filter)

    def give_back(self) -> None:
        # Whoever called `warnings.catch_warnings` meanwhile made another list the current one.
        for filters in [*self.lists, warnings.filters]:
            while self.filter in filters:
                filters.remove(self.filter)
        self.lists.clear()


class _Mine(threading.local):
    """What belongs to the calling thread."""

    def __init__(self) -> None:
        self.counts = _Settings(ONE, threading.get_ident())
        self.silence = _Inside()


_lock = threading.RLock()  # a block may be left by the garbage collector, amid a step of ours
_mine = _Mine()
_counts, _log, _filters = _Settings(ONE), _Settings(SILENT), _Filters()

_log_calls = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging  # OpenCV 5 moved them
_log_level = _Setting(_log_calls.getLogLevel, _log_calls.setLogLevel)
_log_is_wanted = "OPENCV_LOG_LEVEL" in os.environ

_pools = {"OpenCV": _Setting(cv2.getNumThreads, cv2.setNumThreads)}
_modules_seen = 0


@contextlib.contextmanager
def _visit(change: Callable[[], None], *places: _Inside) -> Iterator[None]:
    """Be inside some places, in which the change holds."""
    visit = _Visit()
    try:
        try:
            with _lock:
                for place in places:
                    place.visits.add(visit)
                change()
            yield
        finally:
            _leave(visit, places)
    finally:
        _leave(visit, places)  # again: a Ctrl-C may have cut the first attempt short


def _leave(visit: _Visit, places: tuple[_Inside, ...]) -> None:
    with _lock:
        for place in places:
            place.leave(visit)


def _limit_threads(mine: _Settings) -> None:
    _find_libraries()
    for setting in _pools.values():
        mine.take(setting)
        if setting in mine.found and setting.is_shared():
            _counts.found[setting] = mine.found[setting]
            del mine.found[setting]


def _find_libraries() -> None:
    """Look for libraries with threads, if a module was imported since: it takes milliseconds."""
    global _modules_seen
    count = len(sys.modules)
    if count != _modules_seen:
        for library in ThreadpoolController().lib_controllers:
            setting = _Setting(library.get_num_threads, functools.partial(_set_threads, library))
            _pools.setdefault(library.filepath, setting)
        _modules_seen = count  # not what it is now: others import at the same time


def _set_threads(library: LibController, count: int) -> None:
    # threadpoolctl 3.8 lets only the thread that set OpenBLAS first set it again; here the last
    # to leave gives back what the first has found.
    free = getattr(library, "clear_controlling_thread", lambda force: None)
    free(force=True)
    library.set_num_threads(count)
    free(force=True)


def _silence_log() -> None:
    _log.take(_log_level)


def _start_in_child() -> None:
    """Forget, in a forked process, the threads that it does not have."""
    global _lock
    _lock = threading.RLock()
    for place in (_counts, _log, _filters):
        for visit in list(place.visits):
            if visit.thread != threading.get_ident():
                place.visits.discard(visit)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_in_child)
