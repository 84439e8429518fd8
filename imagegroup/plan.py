"""What an export would write: pure, deterministic, reads no contents."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import stat
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import cv2

from imagegroup.names import display_name, safe_component
from imagegroup.staging import ExportError

if TYPE_CHECKING:
    from imagegroup.grouping import Grouping

FORMAT = 1
"""Version of the files an export writes about itself: the value of their key "imagegroup"."""
METHODS = ("copy", "hardlink", "symlink")
MANIFEST, TABLES = "manifest.json", ("clusters.csv", "run.json")
NO_FEATURES = "no_features"
SHARED_NOTE = "note: a hard link is the original under a second name; to edit one is to edit both"


@dataclass(frozen=True)
class Entry:
    """One image of a plan; paths are posix, relative to the folder and to OUT."""

    source: str
    destination: str
    label: int
    distance: float
    size: int
    mtime_ns: int


@dataclass(frozen=True, eq=False)
class Plan:
    """What an export would write. The same groups of unchanged files have the same `id`.

    Attributes
    ----------
    folder, out : Path
        Absolute and without links.
    method : {"copy", "hardlink", "symlink"}
    entries : tuple of Entry
        In the row order of the grouping.
    id : str
        16 hex digits.
    run : dict
        What run.json will hold.
    """

    folder: Path
    out: Path
    method: str
    entries: tuple[Entry, ...]
    id: str
    run: dict

    @property
    def staging(self) -> Path:
        """The folder beside OUT in which the export grows."""
        return self.out.parent / f".{self.out.name[:40]}.imagegroup-{self.id}.partial"

    def original(self, entry: Entry) -> str:
        """Return the absolute path of an entry's original."""
        return os.path.join(self.folder, *entry.source.split("/"))

    def lines(self) -> list[str]:
        """Return the plan as text: a sum, the folders, then one line a file."""
        megabytes = sum(entry.size for entry in self.entries) / 1e6
        counts = Counter(entry.destination.split("/")[0] for entry in self.entries)
        files = sorted((entry.destination, entry.source) for entry in self.entries)
        return [
            f"{self.method} {len(self.entries)} images ({megabytes:.1f} MB) "
            f"to {display_name(self.out)}",
            *([SHARED_NOTE] if self.method == "hardlink" else []),
            *(f"{display_name(name)}/ {counts[name]} images" for name in sorted(counts)),
            *(f"{display_name(source)} -> {display_name(target)}" for target, source in files),
        ]


def check_out(folder: str | Path, out: str | Path) -> Path:
    """Return OUT, absolute and without links, if an export of `folder` may go there.

    Raises
    ------
    ExportError
        OUT is the folder, lies in it or around it, or is taken by something else.

    Examples
    --------
    >>> check_out(".", "sorted")
    Traceback (most recent call last):
    imagegroup.staging.ExportError: sorted lies in the folder of originals: choose an OUT beside it.
    """
    try:
        folder, target = Path(folder).resolve(), Path(out).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a NUL, no home
        raise ExportError(f"{display_name(out)} is no path to write to: {error}.") from error
    name = display_name(out)
    if any(_is_same(place, folder) for place in (target, *target.parents)):
        raise ExportError(f"{name} lies in the folder of originals: choose an OUT beside it.")
    if any(_is_same(place, target) for place in folder.parents):
        raise ExportError(f"{name} holds the folder of originals: choose an OUT beside that.")
    if os.path.lexists(target) and not (target / MANIFEST).is_file():
        raise ExportError(f"{name} exists: choose an OUT that does not exist yet.")
    return target


def plan_export(
    grouping: Grouping,
    out: str | Path,
    method: str = "copy",
    names: Mapping[int, str] | None = None,
) -> Plan:
    """Plan an export. Reads names, sizes and times, no contents; writes nothing.

    Parameters
    ----------
    grouping : Grouping
    out : path
        May not exist, unless as this very export. Its parents are made by `apply_export`.
    method : {"copy", "hardlink", "symlink"}
    names : mapping of label to str, optional
        Folder names of groups, made safe and unique; the others are as in `grouping.names`,
        or cluster_00 and so on.

    Raises
    ------
    ExportError
        OUT cannot be used (see `check_out`), the method is unknown, or a file is gone.

    Examples
    --------
    >>> from types import SimpleNamespace as Values
    >>> plan_export(Values(folder="photos"), "sorted", method="move")
    Traceback (most recent call last):
    imagegroup.staging.ExportError: method 'move': expected copy, hardlink or symlink.
    """
    if method not in METHODS:
        raise ExportError(f"method {method!r}: expected copy, hardlink or symlink.")
    folder, target = Path(grouping.folder).resolve(), check_out(grouping.folder, out)
    labels = [int(label) for label in grouping.labels]
    destinations = _destinations(grouping.paths, labels, {**grouping.names, **(names or {})})
    rows = zip(grouping.paths, destinations, labels, grouping.distances, strict=True)
    entries = tuple(_entry(folder, *row) for row in rows)
    deciding = [(e.source, e.destination, e.label, e.size, e.mtime_ns) for e in entries]
    recipe = asdict(grouping.recipe)
    identity = json_bytes([FORMAT, method, str(folder), recipe, deciding])
    plan_id = hashlib.sha256(identity).hexdigest()[:16]
    return Plan(folder, target, method, entries, plan_id, _run(grouping, recipe))


def unique_names(wanted: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """Number names that are the same in upper and lower case or in another Unicode form.

    Examples
    --------
    >>> unique_names(["a.jpg", "A.jpg", "a (2).jpg", "b.jpg"])
    ['a.jpg', 'A (3).jpg', 'a (2).jpg', 'b.jpg']
    """
    used = {_folded(name) for name in taken}
    unique: list[str | None] = []
    for name in wanted:  # first all that keep their name, so that no number takes it from them
        unique.append(None if _folded(name) in used else name)
        used.add(_folded(name))
    numbers = {_folded(name): count(2) for name in wanted}
    for row, name in enumerate(wanted):
        path = PurePosixPath(name)
        while unique[row] is None:
            numbered = f"{path.stem} ({next(numbers[_folded(name)])}){path.suffix}"
            if _folded(numbered) not in used:
                unique[row] = numbered
                used.add(_folded(numbered))
    return unique


def json_bytes(value: object) -> bytes:
    """Return JSON in ASCII: a name that is not UTF-8 comes back as it was."""
    return json.dumps(value, indent=1, sort_keys=True, default=list).encode("ascii")


def _destinations(paths: Sequence[str], labels: list[int], names: Mapping[int, str]) -> list[str]:
    """Give the path of each image in OUT: a folder a label, base names unique in each."""
    known = sorted({-1, *labels})  # -1 always, so that no group can be called no_features
    titles = [names.get(k, NO_FEATURES if k == -1 else f"cluster_{k:02d}") for k in known]
    folders = unique_names([safe_component(title) for title in titles], (MANIFEST, *TABLES))
    destinations = [""] * len(paths)
    for label, folder in zip(known, folders, strict=True):
        rows = [row for row, own in enumerate(labels) if own == label]
        bases = [safe_component(paths[row].rpartition("/")[2]) for row in rows]
        for row, name in zip(rows, unique_names(bases), strict=True):
            destinations[row] = f"{folder}/{name}"
    return destinations


def _entry(folder: Path, source: str, destination: str, label: int, distance: float) -> Entry:
    try:
        info = os.lstat(os.path.join(folder, *source.split("/")))
    except OSError:
        info = None
    if info is None or not stat.S_ISREG(info.st_mode):
        raise ExportError(f"{display_name(source)} is gone or no file: group the folder again.")
    return Entry(source, destination, label, float(distance), info.st_size, info.st_mtime_ns)


def _run(grouping: Grouping, recipe: dict) -> dict:
    import imagegroup  # imports us

    grouped = sum(int(label) >= 0 for label in grouping.labels)
    n_images, skipped = len(grouping.paths), grouping.skipped
    return {
        "imagegroup": FORMAT,
        "folder": str(Path(grouping.folder).resolve()),
        "recipe": recipe,
        "random_state": recipe["random_state"],
        "k": int(grouping.k),
        "criterion": grouping.criterion,
        "versions": {
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "opencv": cv2.__version__,
            "scikit-learn": version("scikit-learn"),
            "imagegroup": imagegroup.__version__,
        },
        "counts": {
            "seen": n_images + len(skipped),
            "grouped": grouped,
            "no_features": n_images - grouped,
            "skipped": len(skipped),
        },
        "seconds": grouping.seconds,
        "skipped": [
            {"path": s.path, "reason": s.reason.value, "detail": s.detail} for s in skipped
        ],
    }


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _is_same(a: Path, b: Path) -> bool:
    try:
        return os.path.samefile(a, b)
    except OSError:
        return False
