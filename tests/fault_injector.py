"""Do one thing again and again, each time with one system call that fails; print what happened.

python fault_injector.py copy|hardlink|symlink|undo EVERY FIRST

Call k crashes the process before or after it is done, is torn (half of a write, then a crash), is
interrupted as by Ctrl-C, or fails with an error number: k = 1, 2, ... to the last, every EVERYth
fault from FIRST on. After each, the originals must be untouched and the destination absent or
complete; then the same is done again without a fault and must end complete, nothing left over.
It is a program of its own because it forks: no thread may be running.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sys
from collections.abc import Callable

from export_case import Trial, contents, workplace

from imagegroup import staging
from imagegroup.export import ExportError

WRITING = "open close read write fsync rename replace mkdir utime chmod link symlink unlink rmdir"
LOOKING = "stat lstat fstat scandir listdir statvfs readlink"
ERRNOS = ("ENOSPC", "EIO", "EACCES", "EDQUOT", "EINTR", "EROFS", "EMFILE")
DONE, CRASHED, COMPLAINED, TRACEBACK = 0, 70, 71, 72
OUTCOMES = {DONE: "done", CRASHED: "crashed", COMPLAINED: "complained"}


class Calls:
    """Notes the system calls of this process and spoils the one that is due."""

    def __init__(self, due: int, kind: str) -> None:
        self.due, self.kind, self.names = due, kind, []
        for name in [*WRITING.split(), *LOOKING.split()]:
            setattr(os, name, self._wrapped(name, getattr(os, name)))
        fcntl.flock = self._wrapped("flock", fcntl.flock)
        staging._native_rename = self._wrapped("renameat2", staging._native_rename)

    def _wrapped(self, name: str, real: Callable) -> Callable:
        def call(*args, **kwargs):
            self.names.append(name)
            if len(self.names) == self.due:
                return self._spoil(name, real, args, kwargs)
            return real(*args, **kwargs)

        return call

    def _spoil(self, name: str, real: Callable, args: tuple, kwargs: dict) -> int:
        if self.kind == "torn":
            real(args[0], bytes(args[1])[: len(args[1]) // 2])
        if self.kind == "after" or name == "close":  # close closes, even when it fails
            real(*args, **kwargs)
        if self.kind == "Ctrl-C":
            raise KeyboardInterrupt
        if self.kind in ("before", "after", "torn"):
            os._exit(CRASHED)
        code = getattr(errno, self.kind)
        if name == "renameat2":  # returns its error number
            return code
        raise OSError(code, os.strerror(code))


def kinds(name: str) -> tuple[str, ...]:
    """Give the faults that a call can meet."""
    if name in LOOKING.split():
        return ("before", "Ctrl-C", "EIO", "EACCES")
    return ("before", "after", "Ctrl-C", *(("torn",) if name == "write" else ()), *ERRNOS)


def attempt(action: Callable, due: int, kind: str) -> int:
    """Do it; after Ctrl-C do it again in the same process, as a notebook would."""
    try:
        action()
    except ExportError as error:
        return COMPLAINED if "\n" not in str(error) else TRACEBACK
    except KeyboardInterrupt:
        return attempt(action, due, "after Ctrl-C")
    except BaseException as error:
        print(f"call {due} {kind}: {error!r}", file=sys.stderr)
        return TRACEBACK
    return DONE if kind != "after Ctrl-C" else COMPLAINED


def in_child(action: Callable, due: int = 0, kind: str = "") -> tuple[int, list[str]]:
    """Do it in a child, with a fault; give its exit code and, if it did not crash, its calls."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        write, calls = os.write, Calls(due, kind)
        code = attempt(action, due, kind)
        write(writing, " ".join(calls.names).encode())
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        names = pipe.read().split()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), names


def run(what: str, every: int, first: int, trial: Trial) -> dict:
    """Meet every fault in turn; give the counts."""
    action = trial.undo if what == "undo" else trial.export
    if what == "undo":
        trial.export()
    _, names = in_child(action)
    faults = [(k, kind) for k, name in enumerate(names, 1) for kind in kinds(name)]
    for due, kind in faults[first::every]:
        trial.clear()
        if what == "undo":
            trial.export()
        code, _ = in_child(action, due, kind)
        trial.counts["faults"] += 1
        trial.counts[OUTCOMES.get(code, "traceback")] += 1
        if what != "undo":
            trial.check()
        elif (trial.out / "manifest.json").exists():
            trial.undo()
        if what == "undo":  # gone as a whole, but perhaps for an empty folder; then here again
            trial.counts["not undone"] += bool(contents(trial.out))
            trial.clear()
        trial.export()
        trial.check_resumed()
    return {"calls": len(names), **trial.counts}


if __name__ == "__main__":
    staging.BLOCK = 64  # so that a small file is copied in several pieces
    what, every, first = sys.argv[1:]
    with workplace() as place:
        trial = Trial(place, method="copy" if what == "undo" else what)
        print(json.dumps(run(what, int(every), int(first), trial)))
