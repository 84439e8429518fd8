"""A small folder of files, its grouping, and what must hold before and after an export of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from imagegroup.export import apply_export, plan_export, undo_export, verify_export
from imagegroup.recipes import DEFAULT

FILES = {
    "cat.jpg": (0, b"cat" * 11),
    "deep/cat.jpg": (0, b"another cat"),
    "deep/Cat.JPG": (1, b"a third" * 25),
    "sea.png": (1, b"\x00\xff" * 7),
    "blank.bmp": (-1, b""),
}
"""Path -> label and content: equal names in two folders, an empty file."""


def write_folder(folder: Path, files: dict = FILES) -> Path:
    """Write the files, with old times and with modes that differ."""
    for number, (name, (_, content)) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.chmod(path, (0o644, 0o600, 0o444)[number % 3])
        os.utime(path, ns=(10**18 + number, 10**18 + 7 * number))
    return folder


def group(folder: Path, files: dict = FILES, **values) -> SimpleNamespace:
    """Give what the export needs of a Grouping."""
    rows = sorted((name, label) for name, (label, _) in files.items())
    labels = np.array([label for _, label in rows], np.int32)
    given = {
        "folder": folder,
        "paths": tuple(path for path, _ in rows),
        "labels": labels,
        "distances": np.where(labels < 0, np.nan, np.arange(len(rows)) / 3),
        "recipe": DEFAULT,
        "names": {},
        "skipped": (),
        "seconds": {"read": 0.25},
        "criterion": "given",
        "k": int(labels.max(initial=-1)) + 1,
    }
    return SimpleNamespace(**given | values)


def snapshot(folder: Path) -> dict:
    """Give all that must not change about the originals."""
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        size = info.st_size if content else 0
        found[path] = (content, size, info.st_mtime_ns, info.st_mode, info.st_ino)
    return found


def contents(out: Path) -> dict[str, bytes]:
    """Give what an export holds: relative path -> bytes, links followed."""
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a temporary folder, in memory where there is a place for that: fsync takes no time."""
    memory = "/dev/shm"
    parent = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=parent, prefix="imagegroup-test-") as place:
        yield Path(place)


class Trial:
    """One folder whose export is disturbed again and again; counts every broken promise."""

    def __init__(self, place: Path, files: dict = FILES, method: str = "copy") -> None:
        self.photos, self.out = write_folder(place / "photos", files), place / "sorted"
        self.grouping, self.method = group(self.photos, files), method
        self.counts = Counter(
            dict.fromkeys(["originals changed", "partial", "not resumed", "left over"], 0)
        )
        self.before = snapshot(self.photos)
        self.export()
        self.complete = contents(self.out)
        self.clear()

    def export(self) -> None:
        """Export, or go on with an export that was cut off."""
        apply_export(plan_export(self.grouping, self.out, self.method))

    def undo(self) -> None:
        """Undo the export."""
        undo_export(self.out, dry_run=False)

    def clear(self) -> None:
        """Remove the export, not by our own means."""
        if self.out.exists():
            shutil.rmtree(self.out)

    def check(self) -> None:
        """After a disturbance: the originals are as before, the export is absent or complete."""
        there = os.path.lexists(self.out)
        self.counts["complete" if there else "absent"] += 1
        self.counts["partial"] += there and not self.is_complete()
        self.counts["originals changed"] += snapshot(self.photos) != self.before

    def check_resumed(self) -> None:
        """After the same call again: complete, and nothing beside it."""
        self.counts["not resumed"] += not self.is_complete()
        self.counts["left over"] += set(os.listdir(self.out.parent)) != {"photos", "sorted"}
        self.counts["originals changed"] += snapshot(self.photos) != self.before

    def is_complete(self) -> bool:
        """Compare every byte with an undisturbed export."""
        return contents(self.out) == self.complete and verify_export(self.out).ok
