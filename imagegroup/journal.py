"""The edits on disk: one line of JSON each, on the disk before anybody says "saved".

The first line holds the SHA-256, path and group of every photo, so that the folder may be renamed
and files may move inside it. Nothing in a journal is run as code: each line names an edit in
`corrections.VERBS` and its arguments.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import compress, count
from pathlib import Path

import numpy as np

from imagegroup.corrections import NEW, NO_FEATURES, Corrections, Edit, arrange, carry_out, start
from imagegroup.grouping import Grouping
from imagegroup.names import display_name
from imagegroup.staging import flush, hash_file, opened, sync_folder, write_all, write_file

FORMAT = 1
"""Version of the journal: the value of its key "imagegroup_journal"."""


class JournalError(Exception):
    """A journal that cannot be used; one line that says what to do."""


@dataclass
class Journal:
    """An open journal.

    Attributes
    ----------
    path : Path
    keys : list of n str
        What the journal calls photo i: the start of its SHA-256, numbered if there are equal ones.
    size : int
        Bytes of the file up to the last edit that we know.
    number : int
        How many edits that is.
    told : str
        What was found on opening, "" for a new journal.
    """

    path: Path
    keys: list[str]
    size: int
    number: int = 0
    told: str = ""

    def append(self, edit: Edit) -> None:
        """Write an edit and wait until the disk has it. JournalError: it has not been saved."""
        line = _line({"n": self.number + 1, "do": edit.verb, **_to_json(edit, self.keys)})
        shown = display_name(self.path)
        try:
            with _alone(self.path), opened(self.path, os.O_RDWR) as fd:
                known = os.lseek(fd, self.size, os.SEEK_SET)
                rest = os.read(fd, max(0, os.fstat(fd).st_size - known))
                if _records(rest)[0] or os.fstat(fd).st_size < known:
                    raise JournalError(
                        f"{shown} was changed elsewhere, by another desk perhaps: "
                        "run the cell again to go on from there."
                    )
                os.ftruncate(fd, known)  # what a writer left that was killed in the middle of it
                os.lseek(fd, known, os.SEEK_SET)
                try:
                    write_all(fd, line)
                    flush(fd)
                except OSError:
                    with contextlib.suppress(OSError):
                        os.ftruncate(fd, known)
                    raise
        except OSError as error:
            raise JournalError(
                f"not saved: {error.strerror or error} ({shown}). Nothing has changed; make room "
                "or put the journal back, then try again."
            ) from error
        self.size += len(line)
        self.number += 1


def open_journal(path: str | Path, grouping: Grouping) -> tuple[Journal, Corrections]:
    """Open the journal of a grouping, or begin one, and carry out the edits in it.

    Parameters
    ----------
    path : path
        Its folder must exist and may not be the folder of photos.
    grouping : Grouping
        Of the same photos: the folder may have another name, files may have moved inside it.

    Raises
    ------
    JournalError
        The file is no journal, is damaged, or belongs to another folder.
    """
    path = Path(path).expanduser().resolve()
    folder, shown = Path(grouping.folder).resolve(), display_name(path)
    if folder in path.parents:
        raise JournalError(f"{shown} lies in the folder of photos: choose a place beside it.")
    if not path.parent.is_dir():
        raise JournalError(f"{display_name(path.parent)}: no such folder; make it first.")
    hashes = _hash_photos(folder, grouping.paths)
    try:
        with _alone(path):
            if not os.path.lexists(path):
                return _begin(path, grouping, hashes)
            records, size = _records(path.read_bytes())
    except OSError as error:
        raise JournalError(f"{shown}: {error.strerror or error}; choose another place.") from error
    return _resume(path, records, size, grouping, hashes)


def _begin(path: Path, grouping: Grouping, hashes: list[str]) -> tuple[Journal, Corrections]:
    """Write the first line, whole or not at all."""
    corrections = start(grouping)
    arrangement = corrections.now
    groups = arrangement.groups.tolist()
    header = _line(
        {
            "imagegroup_journal": FORMAT,
            "folder": str(Path(grouping.folder).resolve()),
            "names": {group: arrangement.names[group] for group in range(grouping.k)},
            "photos": list(zip(hashes, grouping.paths, groups, strict=True)),
        }
    )
    part = path.with_name(f".{path.name[:100]}.part")
    write_file(part, header, fsync=True)
    os.replace(part, path)
    sync_folder(path.parent)
    return Journal(path, _number(hashes), len(header)), corrections


def _resume(
    path: Path, records: list[dict], size: int, grouping: Grouping, hashes: list[str]
) -> tuple[Journal, Corrections]:
    """Recognise the photos and carry out the edits."""
    shown = display_name(path)
    header = records[0] if records and isinstance(records[0], dict) else {}
    if header.get("imagegroup_journal") != FORMAT:
        newer = "a newer" if header.get("imagegroup_journal") else "no"
        raise JournalError(f"{shown} is {newer} journal of imagegroup's: choose another place.")
    line = 1
    try:
        photos = [(str(sha), str(old), int(group)) for sha, old, group in header["photos"]]
        names = {int(group): str(name) for group, name in header["names"].items()}
        keys, known_ones, told = _recognise(photos, hashes, grouping.paths)
        same_folder = header["folder"] == str(Path(grouping.folder).resolve())
        if not same_folder and 2 * known_ones < min(len(photos), len(keys)):
            raise JournalError(
                f"{shown} belongs to other photos, those of {display_name(header['folder'])}: "
                "give that folder, or another journal."
            )
        known = dict(zip(_number([p[0] for p in photos]), (p[2] for p in photos), strict=True))
        late = np.where(grouping.labels < 0, NO_FEATURES, NEW).tolist()
        groups = [known.get(key, later) for key, later in zip(keys, late, strict=True)]
        corrections = Corrections((arrange(np.array(groups, np.int32), names),))
        rows = {key: row for row, key in enumerate(keys)}
        for line, record in enumerate(records[1:], 2):
            if record["n"] != line - 1:
                raise ValueError(f"edit {line - 1} is missing")
            corrections = carry_out(corrections, _to_edit(record, rows))
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise JournalError(
            f"{shown} is damaged in line {line}: put back a copy of it, or begin another."
        ) from error
    number = len(records) - 1
    return Journal(path, keys, size, number, f"{number} edits read{told}"), corrections


def _recognise(
    photos: list[tuple[str, str, int]], hashes: list[str], paths: Sequence[str]
) -> tuple[list[str], int, str]:
    """Give the key of each photo of today, how many have a known content, and what has changed.

    A photo is known by content and path, else by content (it was moved or renamed), else by path
    (it was edited).
    """
    known = [photo[:2] for photo in photos]
    there = dict(zip(_number([sha for sha, _ in known]), known, strict=True))
    keys: list[str | None] = [None] * len(paths)
    taken, found = set(there), []
    for criterion in (lambda photo: photo, lambda photo: photo[0], lambda photo: photo[1]):
        waiting = defaultdict(deque)
        for key, photo in there.items():
            waiting[criterion(photo)].append(key)
        found.append(0)
        for row, photo in enumerate(zip(hashes, paths, strict=True)):
            if keys[row] is None and waiting[criterion(photo)]:
                keys[row] = waiting[criterion(photo)].popleft()
                del there[keys[row]]
                found[-1] += 1
    new = [row for row, key in enumerate(keys) if key is None]
    for row in new:
        keys[row] = next(key for key in _keys_of(hashes[row]) if key not in taken)
        taken.add(keys[row])
    counts = {"moved or renamed": found[1], "edited": found[2], "gone": len(there)}
    counts |= {"new, in new_photos or no_features": len(new)}
    told = "".join(f"; {number} photos {what}" for what, number in counts.items() if number)
    return keys, found[0] + found[1], told


def _keys_of(sha: str) -> Iterator[str]:
    """Give the names that a photo may have in the journal: equal photos are numbered."""
    yield sha[:16]
    yield from (f"{sha[:16]}-{number}" for number in count(2))


def _number(hashes: list[str]) -> list[str]:
    keys: dict[str, None] = {}
    for sha in hashes:
        keys[next(key for key in _keys_of(sha) if key not in keys)] = None
    return list(keys)


def _hash_photos(folder: Path, paths: Sequence[str]) -> list[str]:
    with ThreadPoolExecutor() as pool:
        hashes = pool.map(lambda path: hash_file(os.path.join(folder, *path.split("/"))), paths)
        try:
            return list(hashes)
        except OSError as error:
            raise JournalError(
                f"{display_name(error.filename or folder)} is gone or cannot be read: "
                "group the folder again."
            ) from error


def _line(record: dict) -> bytes:
    """Give a line of ASCII, in which a name that is not UTF-8 comes back as it was."""
    return json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"


def _records(data: bytes) -> tuple[list, int]:
    """Give what the lines hold and their bytes; a torn last line does not count."""
    lines, records, size = data.split(b"\n")[:-1], [], 0
    for number, line in enumerate(lines, 1):
        try:
            records.append(json.loads(line))
        except ValueError:
            if number == len(lines):
                break
            records.append(None)
        size += len(line) + 1
    return records, size


def _to_json(edit: Edit, keys: list[str]) -> dict:
    arguments = dict(edit.arguments)
    if "photos" in arguments:
        arguments["photos"] = [keys[row] for row in arguments["photos"]]
    return arguments


def _to_edit(record: dict, rows: dict[str, int]) -> Edit:
    """Read an edit back, without the photos that are gone."""
    arguments = {name: value for name, value in record.items() if name not in ("n", "do")}
    if "photos" in arguments:
        here = [key in rows for key in arguments["photos"]]
        if "parts" in arguments:
            arguments["parts"] = list(compress(arguments["parts"], here))
        arguments["photos"] = [rows[key] for key in compress(arguments["photos"], here)]
    return Edit(record["do"], arguments)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other desks out while the journal is read or written, which takes milliseconds."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(path.with_name(f".{path.name[:100]}.lock"), timeout=10):
            yield
    except Timeout:
        raise JournalError(
            f"{display_name(path)} is in use by another program: wait a moment, then try again."
        ) from None
