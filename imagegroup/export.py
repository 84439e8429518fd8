"""Groups become folders: plan -> apply -> verify -> undo.

OUT/cluster_00/ ...   the images of each group, under their own names
OUT/no_features/      the images that could not be grouped
OUT/clusters.csv      path, label, distance to the centre, exported; safe in a spreadsheet
OUT/run.json          recipe, versions, seed, counts, seconds per stage, skipped files
OUT/manifest.json     for each file its true path, size, time and SHA-256; nothing is left out

An export grows in a staging folder beside OUT and becomes OUT by one rename: OUT is absent or
complete. What an interrupted export has copied is used when the same plan is applied again.
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from imagegroup import staging
from imagegroup.manifest import find_difference, read_manifest, undo_export, verify_export
from imagegroup.names import csv_cell, display_name
from imagegroup.plan import (
    FORMAT,
    MANIFEST,
    SHARED_NOTE,
    TABLES,
    Entry,
    Plan,
    check_out,
    json_bytes,
    plan_export,
)
from imagegroup.staging import ExportError, PlanVoid

if TYPE_CHECKING:
    from imagegroup.grouping import Grouping

__all__ = [
    "ExportError",
    "Exported",
    "Plan",
    "apply_export",
    "check_out",
    "numbered_place",
    "plan_export",
    "undo_export",
    "verify_export",
]


@dataclass(frozen=True)
class Exported:
    """What `apply_export` did; of `files` images an interrupted run had copied `reused`."""

    out: Path
    files: int
    reused: int
    already: bool
    message: str


def apply_export(
    plan: Plan, *, fsync: bool = True, progress: Callable[[int], object] | None = None
) -> Exported:
    """Carry out a plan: afterwards OUT is complete, or it is absent and an error says why.

    Parameters
    ----------
    plan : Plan
    fsync : bool
        Whether to wait until the disk has everything; False is faster on many small files.
    progress : callable, optional
        Called with 1 after each image, such as the `update` of a tqdm bar.

    Returns
    -------
    Exported
        Its `message` is for the user.

    Raises
    ------
    ExportError
        OUT is taken, an original has changed, the disk is full, another export is at work ...
        When the cause is mended, the same call goes on where this one stopped.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from types import SimpleNamespace as Values
    >>> from imagegroup.recipes import DEFAULT
    >>> place = Path(tempfile.mkdtemp())
    >>> (place / "photos").mkdir()
    >>> (place / "photos/cat.jpg").write_bytes(b"..."), (place / "photos/sea.jpg").write_bytes(b"")
    (3, 0)
    >>> grouping = Values(folder=place / "photos", paths=("cat.jpg", "sea.jpg"), skipped=(), k=2,
    ...     labels=np.array([0, 1]), distances=np.zeros(2), recipe=DEFAULT, seconds={},
    ...     criterion="given", names={})
    >>> apply_export(plan_export(grouping, place / "sorted")).files
    2
    >>> (place / "sorted/cluster_01/sea.jpg").exists(), verify_export(place / "sorted").ok
    (True, True)
    >>> undo_export(place / "sorted", dry_run=False).lines()  # two images, two tables, a manifest
    ['removed 5 files; 0 stay']
    """
    try:
        already, reused = _is_complete(plan), 0
        if not already:
            _check_space(plan)
            plan.out.parent.mkdir(parents=True, exist_ok=True)
        if not already or os.path.lexists(plan.staging):  # complete, but not tidied up
            with staging.interrupts_wait() as check:
                shown = progress or int
                already, reused = _fill(plan, fsync, lambda done: (shown(done), check()))
        others = _other_staging(plan)
    except OSError as error:
        raise ExportError(
            f"cannot export to {display_name(plan.out)}: {error.strerror or error} "
            f"({display_name(error.filename or plan.out)}); what was copied so far is kept: "
            "mend this and do the same again."
        ) from error
    done = "already complete:" if already else f"exported {len(plan.entries)} images to"
    note = [SHARED_NOTE] if plan.method == "hardlink" else []
    message = "\n".join([f"{done} {display_name(plan.out)}", *note, *others])
    return Exported(plan.out, len(plan.entries), reused, already, message)


def numbered_place(grouping: Grouping, base: str | Path) -> Path:
    """Return `groups` in the first of base, base-2, base-3 ... that is free or holds this export.

    For the quickstart: the same result is found again, another gets a place of its own.

    Examples
    --------
    >>> numbered_place(None, "sorted").as_posix()  # no such folder yet
    'sorted/groups'
    """
    for number in itertools.count(1):
        place = Path(f"{base}-{number}" if number > 1 else base, "groups")
        if not place.parent.exists() or not any(place.parent.iterdir()):
            return place
        with contextlib.suppress(ExportError):  # taken by something else
            plan = plan_export(grouping, place)
            if plan.staging.exists() or read_manifest(plan.out)[1]["plan"] == plan.id:
                return place


def _is_complete(plan: Plan) -> bool:
    """Tell whether OUT is this very export; raise if it is anything else."""
    if not os.path.lexists(plan.out):
        return False
    name = display_name(plan.out)
    try:
        root, manifest = read_manifest(plan.out)
    except ExportError:
        raise PlanVoid(f"{name} exists: choose an OUT that does not exist yet.") from None
    if manifest["plan"] != plan.id:
        raise PlanVoid(f"{name} holds another export: choose another OUT, or undo that export.")
    files = (*manifest["files"], *manifest["tables"])
    if any(find_difference(root, file, read=False) for file in files):
        raise PlanVoid(
            f"{name} was this export, but files are missing or changed (verify names them): "
            "choose another OUT, or undo that export."
        )
    return True


def _check_space(plan: Plan) -> None:
    if plan.method != "copy":
        return
    place = next(path for path in (plan.out.parent, *plan.out.parents) if path.exists())
    staged = (plan.staging / "tree" / entry.destination for entry in plan.entries)
    there = sum(path.lstat().st_size for path in staged if os.path.lexists(path))
    needed = sum(entry.size for entry in plan.entries) - there
    disk = shutil.disk_usage(place)
    if disk.total and needed > disk.free:  # some network drives say 0 and mean unknown
        raise ExportError(
            f"{display_name(place)} has {disk.free / 1e6:.0f} MB free and the export needs "
            f"{needed / 1e6:.0f} MB: choose an OUT on another disk, or make room."
        )


def _fill(plan: Plan, fsync: bool, progress: Callable[[int], object]) -> tuple[bool, int]:
    """Make OUT while holding the staging folder, which is gone afterwards."""
    reused = 0
    try:
        with staging.held(plan.staging):
            already = _is_complete(plan)  # another exporter may have ended meanwhile
            if not already:
                digests, reused = _stage(plan, fsync, progress)
                _write_tables(plan, digests, fsync)
                _commit(plan, fsync)
    except PlanVoid:
        staging.discard(plan.staging)
        raise
    staging.discard(plan.staging)
    if fsync:
        staging.sync_folder(plan.out.parent)
    return already, reused


def _stage(plan: Plan, fsync: bool, progress: Callable) -> tuple[list[str], int]:
    """Bring every image into the staging folder; gives each SHA-256 and how many were there."""
    tree, journal = plan.staging / "tree", plan.staging / "journal"
    os.makedirs(tree, exist_ok=True)
    for name in _group_folders(plan):
        os.makedirs(tree / name, exist_ok=True)
    known, digests, reused = staging.read_journal(journal), [], 0
    with staging.opened(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND) as log:
        for row, entry in enumerate(plan.entries):
            target, digest = tree / entry.destination, known.get(row)
            if digest and plan.method == "copy" and _holds(target, digest):
                reused += 1
            else:
                digest = _stage_one(plan, entry, target, fsync)
                staging.append_journal(log, row, digest)
            digests.append(digest)
            progress(1)
    return digests, reused


def _stage_one(plan: Plan, entry: Entry, target: Path, fsync: bool) -> str:
    original = plan.original(entry)
    if plan.method != "copy":
        digest = staging.read_original(original, entry.size, entry.mtime_ns)
        staging.link_file(plan.method, original, target)
        return digest
    part = plan.staging / "part"
    digest = staging.copy_file(original, target, part, entry.size, entry.mtime_ns, fsync)
    if not _holds(target, digest):
        raise ExportError(
            f"{display_name(target)} reads back other bytes than were written: check the disk."
        )
    return digest


def _holds(path: Path, digest: str) -> bool:
    return os.path.lexists(path) and staging.hash_file(path) == digest


def _write_tables(plan: Plan, digests: list[str], fsync: bool) -> None:
    """Write clusters.csv, run.json and, last, the manifest that lists them."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["path", "label", "distance", "exported"])
    for e in plan.entries:
        distance = "" if e.label < 0 else f"{e.distance:.6g}"
        table.writerow([csv_cell(e.source), e.label, distance, csv_cell(e.destination)])
    tree, tables = plan.staging / "tree", []
    contents = (text.getvalue().encode(), json_bytes({**plan.run, "plan": plan.id}))
    for name, data in zip(TABLES, contents, strict=True):
        digest = staging.write_file(tree / name, data, fsync)
        tables.append({"destination": name, "size": len(data), "sha256": digest})
    files = [
        {
            "source": plan.original(e),
            "destination": e.destination,
            "label": e.label,
            "method": plan.method,
            "size": e.size,
            "mtime_ns": e.mtime_ns,
            "sha256": digest,
        }
        for e, digest in zip(plan.entries, digests, strict=True)
    ]
    manifest = {"imagegroup": FORMAT, "plan": plan.id, "files": files, "tables": tables}
    staging.write_file(tree / MANIFEST, json_bytes(manifest), fsync)


def _commit(plan: Plan, fsync: bool) -> None:
    tree = plan.staging / "tree"
    for folder in (*(tree / name for name in _group_folders(plan)), tree) if fsync else ():
        staging.sync_folder(folder)
    try:
        staging.rename_exclusive(tree, plan.out)
    except FileExistsError:
        name = display_name(plan.out)
        raise PlanVoid(f"{name} appeared during the export: choose another OUT.") from None


def _group_folders(plan: Plan) -> list[str]:
    return sorted({entry.destination.split("/")[0] for entry in plan.entries})


def _other_staging(plan: Plan) -> list[str]:
    """Name what other, interrupted exports left; it is never removed without asking."""
    start = plan.staging.name.removesuffix(f"{plan.id}.partial")
    return [
        f"left by another export to this OUT that is at work or was interrupted: "
        f"{display_name(plan.out.parent / name)}"
        for name in sorted(os.listdir(plan.out.parent))
        if name.startswith(start) and name.endswith(".partial")
    ]
