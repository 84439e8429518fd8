"""What an export says of itself: read its manifest, verify it, undo it."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from imagegroup.names import display_name
from imagegroup.plan import FORMAT, MANIFEST, METHODS
from imagegroup.staging import ExportError, hash_file, remove, remove_empty

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Differences:
    """How an export differs from its manifest: posix paths relative to OUT."""

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    foreign: tuple[str, ...]
    files: int

    @property
    def ok(self) -> bool:
        """Whether there is no difference."""
        return not (self.missing or self.changed or self.foreign)

    def lines(self) -> list[str]:
        """Return the differences as text, one a line, and a sum."""
        kinds = ("missing", "changed", "foreign")
        named = [f"{kind}: {display_name(p)}" for kind in kinds for p in getattr(self, kind)]
        counts = ", ".join(f"{len(getattr(self, kind))} {kind}" for kind in kinds)
        return [*named, f"{self.files} files in the manifest: {counts}"]


@dataclass(frozen=True)
class Undone:
    """What `undo_export` removed (or would remove), and what stays, with the reason."""

    removed: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]
    dry_run: bool

    def lines(self) -> list[str]:
        """Return what stays as text, one a line, and a sum."""
        verb = "would remove" if self.dry_run else "removed"
        named = [f"stays: {display_name(path)}: {reason}" for path, reason in self.kept]
        return [*named, f"{verb} {len(self.removed)} files; {len(self.kept)} stay"]


def read_manifest(out: str | Path) -> tuple[Path, dict]:
    """Read the manifest of an export, and check that it names nothing outside the export.

    Returns
    -------
    (Path, dict)
        OUT without links, and the manifest.

    Raises
    ------
    ExportError
        There is no manifest, or not one that imagegroup wrote.

    Examples
    --------
    >>> read_manifest("nowhere")
    Traceback (most recent call last):
    imagegroup.staging.ExportError: nowhere: expected an export of imagegroup, with manifest.json.
    """
    try:
        path = Path(out).resolve() / MANIFEST
        manifest = json.loads(path.read_bytes()) if path.is_file() else {}
        sound = manifest["imagegroup"] == FORMAT and isinstance(manifest["plan"], str)
        sound = sound and all(map(_is_sound, [*manifest["files"], *manifest["tables"]]))
    except (OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise ExportError(
            f"{display_name(out)}: expected an export of imagegroup, with {MANIFEST}."
        )
    return path.parent, manifest


def find_difference(root: Path, file: dict, read: bool = True) -> str:
    """Compare one file with its record: "missing", "changed" or "" for none.

    Without `read` only kind, size and the target of a link are compared.
    """
    path = root / file["destination"]
    try:
        info = os.lstat(path)
        if path.parent.resolve(strict=True) != path.parent:
            return "missing"  # what lies behind a linked folder is something else
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        return "changed"
    try:
        if file.get("method") == "symlink":
            same, content = os.readlink(path) == file["source"], file["source"]
        else:
            same, content = stat.S_ISREG(info.st_mode) and info.st_size == file["size"], path
        same = same and (not read or hash_file(content) == file["sha256"])
    except OSError:
        same = False
    return "" if same else "changed"


def verify_export(out: str | Path) -> Differences:
    """Compare every file of an export with its manifest, byte for byte (SHA-256).

    Raises
    ------
    ExportError
        `out` holds no export.

    Examples
    --------
    >>> verify_export("nowhere")
    Traceback (most recent call last):
    imagegroup.staging.ExportError: nowhere: expected an export of imagegroup, with manifest.json.
    """
    root, manifest = read_manifest(out)
    files = [*manifest["files"], *manifest["tables"]]
    found = {file["destination"]: find_difference(root, file) for file in files}
    missing, changed = (
        tuple(sorted(path for path, kind in found.items() if kind == wanted))
        for wanted in ("missing", "changed")
    )
    return Differences(missing, changed, tuple(_foreign(root, found)), len(files))


def undo_export(out: str | Path, dry_run: bool = True) -> Undone:
    """Remove what an export wrote, as far as nothing can be lost by it.

    A picture goes only if it is as it was written and its original still holds the same bytes.
    What was edited, what is not ours and what may be the only copy left stays and is named. As
    long as a picture stays, so do the manifest and the tables that say what it is.

    Raises
    ------
    ExportError
        `out` holds no export, or its manifest names something outside it; nothing was touched.

    Examples
    --------
    >>> undo_export("nowhere")
    Traceback (most recent call last):
    imagegroup.staging.ExportError: nowhere: expected an export of imagegroup, with manifest.json.
    """
    root, manifest = read_manifest(out)
    removed, kept = [], []
    # The manifest goes last: an undo that was cut off can be done again.
    for files in (manifest["files"], manifest["tables"], [{"destination": MANIFEST}]):
        if not kept:
            gone, kept = _settle(root, files, dry_run)
            removed += gone
    ours = (file["destination"] for file in (*manifest["files"], *manifest["tables"]))
    kept += [(path, "not from the export") for path in _foreign(root, ours)]
    return Undone(tuple(removed), tuple(kept), dry_run)


def _settle(root: Path, files: list[dict], dry_run: bool) -> tuple[list[str], list]:
    """Remove each file that may go, then empty folders; gives those, and others with the reason."""
    removed, kept = [], []
    for file in files:
        reason = _why_keep(root, file)
        try:
            if reason == "" and not dry_run:
                remove(root / file["destination"])
        except OSError as error:
            reason = error.strerror
        if reason:
            kept.append((file["destination"], reason))
        elif reason == "":
            removed.append(file["destination"])
    for folder in {(root / file["destination"]).parent for file in files} if not dry_run else ():
        remove_empty(folder)
    return removed, kept


def _why_keep(root: Path, file: dict) -> str | None:
    """Give the reason why a file must stay, "" when it may go, None when it is not there."""
    path, source, method = root / file["destination"], file.get("source"), file.get("method")
    if file["destination"] == MANIFEST:
        return ""
    difference = find_difference(root, file, read=False)
    if difference == "missing":
        return None
    if method == "symlink":
        return "changed since the export" if difference else ""
    try:
        outside = source is None or not Path(source).resolve().is_relative_to(root)
        if method == "hardlink" and outside and os.path.samefile(source, path):
            return ""
        if difference or hash_file(path) != file["sha256"]:
            return "changed since the export"
        if source is None or (outside and hash_file(source) == file["sha256"]):
            return ""
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        pass
    return "maybe the only copy: its original cannot be read or has changed"


def _foreign(root: Path, ours: Iterable[str]) -> list[str]:
    found = []
    for folder, folders, files in os.walk(root):
        linked = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        found += [Path(folder, name).relative_to(root).as_posix() for name in (*files, *linked)]
    return sorted(set(found) - {MANIFEST, *ours})


def _is_sound(file: dict) -> bool:
    """Tell whether a record has what an export writes, and a destination inside the export."""
    parts = file["destination"].split("/")
    inside = len(parts) <= 2 and all(
        part not in ("", ".", "..") and not set(part) & set("\\:\0") for part in parts
    )
    picture = "method" not in file or (file["method"] in METHODS and _is_path(file["source"]))
    return inside and picture and file["size"] >= 0 and bool(_SHA256.fullmatch(file["sha256"]))


def _is_path(text: str) -> bool:
    return "\0" not in text and os.path.isabs(text)
