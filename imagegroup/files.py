"""List a folder and read the bytes of a file, whatever lies there. Nothing is ever written."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from imagegroup.names import display_name
from imagegroup.skips import Skipped, SkippedFile, SkipReason

_OPEN = os.O_RDONLY  # do not wait for a pipe, follow a link or take a terminal; where these exist
for _flag in ("O_NONBLOCK", "O_NOFOLLOW", "O_CLOEXEC", "O_NOCTTY", "O_BINARY"):
    _OPEN |= getattr(os, _flag, 0)

_REASONS = {
    errno.EACCES: SkipReason.PERMISSION,
    errno.EPERM: SkipReason.PERMISSION,
    errno.ELOOP: SkipReason.SYMLINK,
    errno.ENOENT: SkipReason.VANISHED,
    errno.ENOTDIR: SkipReason.VANISHED,
    errno.ENAMETOOLONG: SkipReason.PATH_TOO_LONG,
    errno.ENXIO: SkipReason.NOT_A_FILE,
    errno.EISDIR: SkipReason.NOT_A_FILE,
    errno.ENOMEM: SkipReason.MEMORY,
}
_STAGING = re.compile(r"\..+\.imagegroup-.+\.partial", re.DOTALL)
_OUR_MANIFEST = re.compile(rb'[{,]\s*"imagegroup"\s*:')
_MANIFEST_BYTES = 256 * 2**20
_KEY_BYTES = 64 * 2**10
_WHOLE_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Listing:
    """What a folder holds; each file is in `paths` or in `skipped`.

    Parameters
    ----------
    paths : tuple of str
        Files to read, relative to the folder, with ``/``, sorted as strings: the row order.
    skipped : tuple of SkippedFile
        What is not to be read, in the same order: links, pipes, second names, closed folders.
    exports : tuple of str
        Folders left out because imagegroup wrote them.
    """

    paths: tuple[str, ...]
    skipped: tuple[SkippedFile, ...] = ()
    exports: tuple[str, ...] = ()


def list_folder(folder: str | os.PathLike, recursive: bool = True) -> Listing:
    """List the files of a folder. Links are not followed.

    Parameters
    ----------
    folder : str or path
        An existing folder.
    recursive : bool
        List its sub-folders too.

    Returns
    -------
    Listing

    Raises
    ------
    FileNotFoundError, NotADirectoryError, PermissionError
        The folder itself cannot be listed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ["b.jpg", "a.jpg"]:
    ...         pathlib.Path(folder, name).touch()
    ...     list_folder(folder).paths
    ('a.jpg', 'b.jpg')
    """
    files: dict[str, tuple[int, int]] = {}
    skipped: list[SkippedFile] = []
    exports: list[str] = []
    pending = [""]
    while pending:
        inside = pending.pop()
        try:
            with os.scandir(os.path.join(folder, inside)) as scan:
                entries = list(scan)
        except OSError as error:
            if not inside:
                raise _explain(error, folder) from None
            skipped.append(SkippedFile(inside, _reason(error), "a folder"))
            continue
        for entry in entries:
            path = f"{inside}/{entry.name}" if inside else entry.name
            try:
                if not entry.is_dir(follow_symlinks=False):
                    files[path] = _identify(entry)
                elif recursive:
                    (exports if _is_ours(entry) else pending).append(path)
            except OSError as error:
                skipped.append(SkippedFile(path, _reason(error)))
            except Skipped as skip:
                skipped.append(SkippedFile(path, skip.reason, skip.detail))
    paths, second = _split_second_names(files)
    skipped = sorted(skipped + second, key=lambda skip: skip.path)
    return Listing(tuple(paths), tuple(skipped), tuple(sorted(exports)))


def _explain(error: OSError, folder: str | os.PathLike) -> OSError:
    """Say in one line what is wrong with the folder itself."""
    shown = display_name(folder)
    if isinstance(error, FileNotFoundError):
        return FileNotFoundError(f"{shown}: not found; give a folder that exists.")
    if isinstance(error, NotADirectoryError):
        return NotADirectoryError(f"{shown}: not a folder; give the folder that holds the images.")
    if isinstance(error, PermissionError):
        return PermissionError(f"{shown}: may not be listed; give yourself access (chmod u+rx).")
    return OSError(f"{shown}: cannot be listed ({error.strerror}); check the path and the disk.")


def _reason(error: OSError) -> SkipReason:
    return _REASONS.get(error.errno, SkipReason.READ_ERROR)


def _identify(entry: os.DirEntry) -> tuple[int, int]:
    """Give device and inode of a regular file; all else is refused."""
    if entry.is_symlink():
        raise Skipped(SkipReason.SYMLINK, f"to {display_name(os.readlink(entry.path))}")
    info = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(info.st_mode):
        raise Skipped(SkipReason.NOT_A_FILE)
    return info.st_dev, info.st_ino


def _is_ours(entry: os.DirEntry) -> bool:
    """Tell whether a folder is an export of imagegroup, or one in the making."""
    if _STAGING.fullmatch(entry.name):
        return True
    try:
        manifest, _ = read_file(os.path.join(entry.path, "manifest.json"), _MANIFEST_BYTES)
    except Skipped:
        return False
    return _OUR_MANIFEST.search(manifest) is not None


def _split_second_names(
    files: dict[str, tuple[int, int]],
) -> tuple[list[str], list[SkippedFile]]:
    """Keep one path of each inode, the first in row order (Windows gives inode 0: keep all)."""
    first: dict[tuple[int, int], str] = {}
    paths, second = [], []
    for path in sorted(files):
        known = first.setdefault(files[path], path)
        if known == path or not files[path][1]:
            paths.append(path)
        else:
            second.append(SkippedFile(path, SkipReason.SAME_FILE, f"as {display_name(known)}"))
    return paths, second


def read_file(
    path: str | os.PathLike, max_bytes: int, *, start_only: bool = False
) -> tuple[bytes, int]:
    """Read the bytes of a regular file.

    Parameters
    ----------
    path : str or path
        Not a link.
    max_bytes : int
        Most to read.
    start_only : bool
        Read so much of a larger file, instead of refusing it.

    Returns
    -------
    bytes
        The content, or its start.
    int
        Size of the whole file, in bytes.

    Raises
    ------
    Skipped
        The file cannot be read, is too large, or changed while it was read.

    Examples
    --------
    >>> start, size = read_file(os.__file__, 2, start_only=True)
    >>> start, size > 2
    (b'r"', True)
    """
    try:
        descriptor = os.open(path, _OPEN)
        try:
            return _read_open(descriptor, max_bytes, start_only)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Skipped(_reason(error)) from None
    except ValueError:  # a name that no file can have, such as one with a zero in it
        raise Skipped(SkipReason.VANISHED) from None
    except MemoryError:
        raise Skipped(SkipReason.MEMORY) from None


def content_keys(folder: str | os.PathLike, paths: Sequence[str]) -> list[bytes]:
    """Return a key of the content of each file, to draw files by what they hold, not by name.

    Parameters
    ----------
    folder : path
    paths : sequence of str, relative to it

    Returns
    -------
    list of 32 bytes
        A SHA-256 of the size and the first 64 KiB; where several files share these, of the whole.
        Equal files have equal keys. A file that cannot be read has a key of its path.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, text in {"a": "photo", "b": "other", "c": "photo"}.items():
    ...         _ = pathlib.Path(folder, name).write_text(text)
    ...     one, other, copy = content_keys(folder, ["a", "b", "c"])
    >>> one == copy, one == other
    (True, False)
    """
    keys = [_content_key(folder, path, _KEY_BYTES) for path in paths]
    shared = Counter(keys)
    return [
        _content_key(folder, path, _WHOLE_BYTES) if shared[key] > 1 else key
        for key, path in zip(keys, paths, strict=True)
    ]


def _content_key(folder: str | os.PathLike, path: str, max_bytes: int) -> bytes:
    try:
        start, size = read_file(os.path.join(folder, path), max_bytes, start_only=True)
    except Skipped:
        return hashlib.sha256(b"unreadable " + os.fsencode(path)).digest()
    return hashlib.sha256(b"%d " % size + start).digest()


def _read_open(descriptor: int, max_bytes: int, start_only: bool) -> tuple[bytes, int]:
    """Read an open file, if it is a regular one and stays as it is."""
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        raise Skipped(SkipReason.NOT_A_FILE)
    if before.st_size > max_bytes and not start_only:
        raise Skipped(SkipReason.FILE_TOO_LARGE, f"{before.st_size} bytes of at most {max_bytes}")
    wanted = min(before.st_size, max_bytes)
    with open(descriptor, "rb", closefd=False) as file:
        data = file.read(wanted)
    after = os.fstat(descriptor)
    unchanged = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if len(data) != wanted or not unchanged:
        raise Skipped(SkipReason.CHANGED)
    return data, before.st_size
