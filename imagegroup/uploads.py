"""Photos that come from a browser piece by piece, and the zip of their groups that goes back.

Everything lies in one private folder, removed when the kernel ends: `photos` holds what has arrived
whole, the file `part` what is arriving.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from imagegroup.export import apply_export, plan_export
from imagegroup.grouping import Grouping
from imagegroup.names import display_name, safe_component
from imagegroup.plan import unique_names

PIECE = 2 * 2**20
"""Bytes in one message, at most: servers cut the connection at 10 MB."""
MOST_FILES = 2_000
MOST_BYTES_EACH = 100 * 10**6
MOST_BYTES = 2 * 10**9
"""Limits of what may be uploaded."""
LIMITS_IN_WORDS = (
    f"at most {MOST_FILES:,} files, {MOST_BYTES_EACH // 10**6} MB each, "
    f"{MOST_BYTES // 10**9} GB in all"
)


def private_place() -> tempfile.TemporaryDirectory:
    """Make a folder that only its owner can enter (mode 0700), with an empty `photos` in it.

    Examples
    --------
    >>> with private_place() as place:
    ...     print(os.listdir(place))
    ['photos']
    """
    place = tempfile.TemporaryDirectory(prefix="imagegroup-app-", ignore_cleanup_errors=True)
    Path(place.name, "photos").mkdir()
    return place


def choose_folder(root: str | Path, text: str) -> Path:
    """Return the folder that a reader named, if it is `root` or lies below it.

    Raises
    ------
    ValueError
        It lies elsewhere, also by `..` or through a link, or there is no such folder.

    Examples
    --------
    >>> choose_folder(".", "..")
    Traceback (most recent call last):
    ValueError: .. lies outside the folder of the app: choose one below it.
    """
    root, shown = Path(root).resolve(), display_name(text)
    try:
        folder = (root / text).resolve()
        found = folder.is_dir()
    except (OSError, RuntimeError, ValueError):  # links in a circle, a NUL, a name too long
        raise ValueError(f"{shown} is no path: choose a folder of the list.") from None
    if folder != root and root not in folder.parents:
        raise ValueError(f"{shown} lies outside the folder of the app: choose one below it.")
    if not found:
        raise ValueError(f"{shown}: no such folder; choose one of the list.")
    return folder


def folders_below(root: str | Path, most: int = 500) -> list[str]:
    """List `root` as "." and the folders below it, links and hidden ones left out.

    Returns
    -------
    list of up to `most` str
        Relative to `root`; a name that is no plain text is left out, the browser could not name it.
    """
    found: list[str] = []
    for place, names, _ in os.walk(root):
        relative = Path(place).relative_to(root).as_posix()
        if relative == display_name(relative):
            found.append(relative)
        names[:] = sorted(name for name in names if not name.startswith("."))
        if len(found) >= most:
            break
    return found


def receive(place: str | Path, name: str, size: int, at: int, data: bytes) -> Path | None:
    """Take a piece of a file; pieces come in order, one file after the other.

    Parameters
    ----------
    place : path, as `private_place` made it
    name : str, what the file is called at its owner's; it is never used as a path
    size : int, bytes of the whole file
    at : int, where the piece belongs, in bytes; 0 begins a file and forgets an unfinished one
    data : bytes, up to `PIECE`

    Returns
    -------
    Path or None
        The file under its safe name once it is whole.

    Raises
    ------
    ValueError
        A limit is exceeded, or the piece does not continue what has arrived.

    Examples
    --------
    >>> with private_place() as place:
    ...     receive(place, "../cat.jpg", 6, 0, b"abc")
    ...     receive(place, "../cat.jpg", 6, 3, b"def").name
    '.._cat.jpg'
    """
    photos, part, shown = Path(place, "photos"), Path(place, "part"), display_name(name, 60)
    if at == 0:
        _check_limits(photos, shown, size)
    arrived = part.stat().st_size if at and part.exists() else 0
    if at != arrived or len(data) > PIECE or at + len(data) > size:
        raise ValueError(f"{shown}: a piece was lost on the way; upload it again.")
    with part.open("ab" if at else "wb") as file:
        file.write(data)
    if at + len(data) < size:
        return None
    target = photos / unique_names([safe_component(name)], os.listdir(photos))[0]
    part.rename(target)
    return target


def _check_limits(photos: Path, shown: str, size: int) -> None:
    sizes = [entry.stat().st_size for entry in os.scandir(photos)]
    if len(sizes) >= MOST_FILES or sum(sizes) + size > MOST_BYTES or size > MOST_BYTES_EACH:
        raise ValueError(f"{shown} is too much: {LIMITS_IN_WORDS}. Choose a folder instead.")
    if size > shutil.disk_usage(photos).free // 3:  # the groups and their zip need room too
        raise ValueError(f"{shown}: the disk is nearly full; make room, then upload it again.")


def zip_groups(grouping: Grouping, names: Mapping[int, str], place: str | Path) -> Path:
    """Export the groups below `place` and pack them; a zip made before is replaced.

    Parameters
    ----------
    grouping : Grouping
    names : mapping of label to name, as `plan_export` takes it
    place : path, as `private_place` made it

    Returns
    -------
    Path
        The zip; the files keep their folders below `groups` and their times.

    Raises
    ------
    ExportError
        See `plan_export` and `apply_export`.
    """
    packed = Path(place, "groups.zip")
    with tempfile.TemporaryDirectory(dir=place) as work:
        out = Path(work, "groups")
        apply_export(plan_export(grouping, out, names=names), fsync=False)
        # Photos are compressed already. A time before 1980 becomes 1980: zip knows none.
        with zipfile.ZipFile(packed, "w", strict_timestamps=False) as archive:
            for file in sorted(path for path in out.rglob("*") if path.is_file()):
                archive.write(file, file.relative_to(work))
    return packed
