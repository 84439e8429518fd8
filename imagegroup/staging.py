"""The file operations an export is made of; each may be cut off at any moment without harm.

Originals are opened here only, and only for reading.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import re
import shutil
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from imagegroup.names import display_name

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

BLOCK = 2**20
# A FIFO or device that took an original's name must not make us wait, nor a link lead elsewhere.
_CAREFUL = 0
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"):
    _CAREFUL |= getattr(os, _flag, 0)
# What a file system answers to a call that it does not know.
_UNKNOWN = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}
_AT_FDCWD, _RENAME_NOREPLACE, _RENAME_EXCL = -100, 1, 4


class ExportError(Exception):
    """An export that cannot go on; one line that says what to do."""


class PlanVoid(ExportError):
    """A plan that can never be carried out; what it had staged is of no use."""


@contextlib.contextmanager
def opened(path: str | Path, flags: int, mode: int = 0o600) -> Iterator[int]:
    """Open a file for the length of a `with` block and give its descriptor."""
    fd = os.open(path, flags | _CAREFUL, mode)
    try:
        yield fd
    finally:
        os.close(fd)


def hash_file(path: str | Path) -> str:
    """Return the SHA-256 of a regular file.

    Raises
    ------
    OSError
        It cannot be read, or is a link, a folder or a device.

    Examples
    --------
    >>> hash_file(os.devnull)
    Traceback (most recent call last):
    OSError: [Errno 22] not a regular file: '/dev/null'
    """
    with opened(path, os.O_RDONLY) as fd:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return _drain(fd)


def read_original(path: str, size: int, mtime_ns: int, into: int | None = None) -> str:
    """Return the SHA-256 of an original; its bytes go to the descriptor `into`, if given.

    Raises
    ------
    PlanVoid
        It is gone, is not of this size and time, or does not stay so while it is read.
    """
    try:
        with opened(path, os.O_RDONLY) as fd:
            digest = _drain(fd, into) if _is_as_planned(fd, size, mtime_ns) else ""
            if digest and _is_as_planned(fd, size, mtime_ns):
                return digest
    except FileNotFoundError:
        pass
    raise PlanVoid(f"{display_name(path)} is gone or has changed: group the folder again.")


def copy_file(source: str, target: Path, part: Path, size: int, mtime_ns: int, fsync: bool) -> str:
    """Copy an original by way of the temporary file `part`; keep times and mode; give SHA-256."""
    remove(part)
    with opened(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as fd:
        digest = read_original(source, size, mtime_ns, fd)
        if fsync:
            flush(fd)
    info = os.lstat(source)
    os.utime(part, ns=(info.st_atime_ns, mtime_ns))
    try:
        os.chmod(part, info.st_mode & 0o777 | stat.S_IRUSR)  # verify must be able to read it
    except OSError as error:
        if error.errno not in (errno.EPERM, *_UNKNOWN):  # memory cards know no modes
            raise
    os.replace(part, target)
    return digest


def link_file(method: str, source: str, target: Path) -> None:
    """Make `target` a second name of an original ("hardlink"), or a "symlink" with its path."""
    remove(target)  # left by an export that was cut off
    try:
        if method == "hardlink":
            os.link(source, target, follow_symlinks=False)
        else:
            os.symlink(source, target)
    except OSError as error:
        elsewhere = error.errno == errno.EXDEV
        raise PlanVoid(
            f"no {method} of {display_name(source)} can be made in {display_name(target.parent)}: "
            f"{'that is another file system' if elsewhere else error.strerror}; use method copy."
        ) from error


def write_file(path: Path, data: bytes, fsync: bool) -> str:
    """Write a file of our own and return its SHA-256."""
    with opened(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666) as fd:
        write_all(fd, data)
        if fsync:
            flush(fd)
    return hashlib.sha256(data).hexdigest()


def append_journal(fd: int, row: int, digest: str) -> None:
    """Note that a row is staged. A line begins with its newline, so a torn one spoils no other."""
    write_all(fd, f"\n{row} {digest}".encode())


def read_journal(path: Path) -> dict[int, str]:
    """Return row -> SHA-256 of what is staged; a torn line is left out."""
    text = path.read_text("ascii", "replace") if path.exists() else ""
    return {int(row): digest for row, digest in re.findall(r"^(\d+) ([0-9a-f]{64})$", text, re.M)}


def remove(path: Path) -> None:
    """Remove a file of our own if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def remove_empty(folder: Path) -> None:
    """Remove a folder of our own if nothing is in it."""
    with contextlib.suppress(OSError):
        os.rmdir(folder)


def discard(staging: Path) -> None:
    """Remove a staging folder; links in it are removed, not followed."""
    with contextlib.suppress(FileNotFoundError):  # two may do this at once
        shutil.rmtree(staging)


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can."""
    if os.name != "nt":
        with opened(path, os.O_RDONLY) as fd:
            flush(fd)


@contextlib.contextmanager
def held(staging: Path) -> Iterator[None]:
    """Make the staging folder, readable by its owner alone, and hold it for this process alone.

    Raises
    ------
    ExportError
        Another export holds it, or somebody else made it.
    """
    from filelock import FileLock, Timeout  # 40 ms to import; few runs need it

    with contextlib.suppress(FileExistsError):
        os.mkdir(staging, 0o700)
    info = os.lstat(staging)
    ours = os.name == "nt" or (info.st_uid == os.geteuid() and not info.st_mode & 0o022)
    if not (stat.S_ISDIR(info.st_mode) and ours):
        raise ExportError(f"{display_name(staging)} was not made by us: remove it, then try again.")
    lock = FileLock(staging / "lock", timeout=0)
    try:
        lock.acquire()
        yield
    except (Timeout, NotImplementedError):
        raise ExportError(
            f"another export is at work in {display_name(staging)}: let it end, then try again."
        ) from None
    finally:
        lock.release(force=True)


@contextlib.contextmanager
def interrupts_wait() -> Iterator[Callable[[], None]]:
    """Let a Ctrl-C wait for the next call of what this yields, or for the end.

    In the middle of taking or giving back a lock it would leave the lock taken for ever.
    """
    waiting: list[tuple] = []
    if threading.current_thread() is not threading.main_thread():  # Ctrl-C comes to that one
        yield waiting.clear
        return
    before = signal.signal(signal.SIGINT, lambda *arguments: waiting.append(arguments))

    def check() -> None:
        if waiting and callable(before):
            before(*waiting.pop())

    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
        check()


def rename_exclusive(source: Path, target: Path) -> None:
    """Rename a folder in one step, never over something that is there.

    Linux and macOS have a call for that, and Windows renames no other way. Where the file system
    does not know the call we look first; should a folder appear in the instant between, it is
    replaced only if it is empty (POSIX rename); a file, or a folder with anything in it, never.

    Raises
    ------
    FileExistsError
        `target` is there.
    """
    code = _native_rename(os.fsencode(source), os.fsencode(target))
    if code in _UNKNOWN and not os.path.lexists(target):
        os.rename(source, target)
    elif code:
        code = errno.EEXIST if code in _UNKNOWN else code
        raise OSError(code, os.strerror(code), str(target))


def _native_rename(source: bytes, target: bytes) -> int:
    """Return the error number of the rename that never replaces, 0 when it is done."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "linux":
            at = ctypes.c_int(_AT_FDCWD)
            failed = libc.renameat2(at, source, at, target, ctypes.c_uint(_RENAME_NOREPLACE))
        else:
            failed = libc.renamex_np(source, target, ctypes.c_uint(_RENAME_EXCL))
    except (AttributeError, OSError, TypeError):  # an older C library; Windows
        return errno.ENOSYS
    return ctypes.get_errno() if failed else 0


def _is_as_planned(fd: int, size: int, mtime_ns: int) -> bool:
    info = os.fstat(fd)
    return stat.S_ISREG(info.st_mode) and (info.st_size, info.st_mtime_ns) == (size, mtime_ns)


def _drain(fd: int, into: int | None = None) -> str:
    digest = hashlib.sha256()
    while block := os.read(fd, BLOCK):
        digest.update(block)
        if into is not None:
            write_all(into, block)
    return digest.hexdigest()


def write_all(fd: int, data: bytes) -> None:
    """Write all of it, also where the system takes a part at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def flush(fd: int) -> None:
    """Make what was written survive a power cut."""
    if hasattr(fcntl, "F_FULLFSYNC"):  # macOS: fsync alone leaves the bytes in the drive's cache
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
    os.fsync(fd)
