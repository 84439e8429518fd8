"""Verify and undo: every difference is named, and nothing but our own, unchanged files goes."""

from __future__ import annotations

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
from export_case import FILES, contents, group, snapshot, write_folder
from hostile_names import HOSTILE_NAMES

from imagegroup.export import ExportError, apply_export, plan_export, undo_export, verify_export
from imagegroup.names import display_name, safe_component

METHODS = ("copy", "hardlink", "symlink")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "photos")


@pytest.fixture
def out(tmp_path: Path, photos: Path) -> Path:
    """Give a finished export."""
    return apply_export(plan_export(group(photos), tmp_path / "sorted")).out


def edit_manifest(out: Path, change) -> None:
    """Let `change` edit the manifest of an export."""
    manifest = json.loads((out / "manifest.json").read_bytes())
    change(manifest)
    (out / "manifest.json").write_text(json.dumps(manifest))


def test_every_difference_is_named(out):
    assert verify_export(out).ok
    (out / "cluster_00/cat.jpg").unlink()
    (out / "cluster_01/sea.png").write_bytes(b"\xff\x00" * 7)  # of the same size
    (out / "clusters.csv").write_bytes(b"short")
    (out / "cluster_01/note.txt").write_bytes(b"mine")
    (out / "elsewhere").symlink_to(out.parent)
    found = verify_export(out)
    assert found.missing == ("cluster_00/cat.jpg",)
    assert found.changed == ("cluster_01/sea.png", "clusters.csv")
    assert found.foreign == ("cluster_01/note.txt", "elsewhere")
    assert not found.ok
    assert found.lines() == [
        "missing: cluster_00/cat.jpg",
        "changed: cluster_01/sea.png",
        "changed: clusters.csv",
        "foreign: cluster_01/note.txt",
        "foreign: elsewhere",
        "7 files in the manifest: 1 missing, 2 changed, 2 foreign",
    ]


def test_a_folder_behind_a_link_is_not_ours(out):
    shutil.move(out / "cluster_00", out.parent / "moved")
    (out / "cluster_00").symlink_to(out.parent / "moved")
    found = verify_export(out)
    assert found.missing == ("cluster_00/cat (2).jpg", "cluster_00/cat.jpg")
    assert found.foreign == ("cluster_00",)
    undo_export(out, dry_run=False)
    assert len(os.listdir(out.parent / "moved")) == 2


@pytest.mark.parametrize("method", METHODS)
def test_undo_removes_all_and_no_original(photos, tmp_path, method):
    before = snapshot(photos)
    out = apply_export(plan_export(group(photos), tmp_path / "sorted", method)).out
    assert verify_export(out).ok
    there = snapshot(out)
    report = undo_export(out)
    assert (len(report.removed), report.kept) == (8, ())
    assert snapshot(out) == there
    assert undo_export(out, dry_run=False).removed == report.removed
    assert os.listdir(tmp_path) == ["photos"]
    assert snapshot(photos) == before


def test_links_are_what_was_asked_for(photos, tmp_path):
    hard = apply_export(plan_export(group(photos), tmp_path / "hard", "hardlink"))
    soft = apply_export(plan_export(group(photos), tmp_path / "soft", "symlink"))
    original = photos.resolve() / "sea.png"
    assert (hard.out / "cluster_01/sea.png").samefile(original)
    assert os.readlink(soft.out / "cluster_01/sea.png") == str(original)
    assert "to edit one is to edit both" in hard.message
    original.write_bytes(b"edited")
    assert verify_export(soft.out).changed == ("cluster_01/sea.png",)
    assert verify_export(hard.out).changed == ("cluster_01/sea.png",)
    for out in (hard.out, soft.out):
        assert undo_export(out, dry_run=False).kept == ()
    assert original.read_bytes() == b"edited"


def test_a_link_that_points_elsewhere_is_not_ours(photos, tmp_path):
    out = apply_export(plan_export(group(photos), tmp_path / "sorted", "symlink")).out
    shutil.copy(photos / "sea.png", tmp_path / "twin.png")
    (out / "cluster_01/sea.png").unlink()
    (out / "cluster_01/sea.png").symlink_to(tmp_path / "twin.png")
    assert verify_export(out).changed == ("cluster_01/sea.png",)
    assert undo_export(out, dry_run=False).kept[0][0] == "cluster_01/sea.png"
    assert (out / "cluster_01/sea.png").is_symlink()


def test_edited_and_foreign_files_stay_and_are_named(out):
    (out / "cluster_01/sea.png").write_bytes(FILES["sea.png"][1][::-1])  # of the same size
    (out / "cluster_00/note.txt").write_bytes(b"mine")
    report = undo_export(out, dry_run=False)
    assert dict(report.kept) == {
        "cluster_01/sea.png": "changed since the export",
        "cluster_00/note.txt": "not from the export",
    }
    assert set(contents(out)) == {
        "cluster_00/note.txt",
        "cluster_01/sea.png",
        *("clusters.csv", "run.json", "manifest.json"),  # they say what it is
    }
    assert report.lines()[-1] == "removed 4 files; 2 stay"
    (out / "cluster_01/sea.png").unlink()
    undo_export(out, dry_run=False)
    assert set(contents(out)) == {"cluster_00/note.txt"}


def edit(path: Path) -> None:
    path.write_bytes(b"something else")


def move_into_the_export(path: Path) -> None:
    path.rename(path.parents[1] / "sorted" / path.name)


@pytest.mark.parametrize(
    ("method", "lose"),
    [
        ("copy", Path.unlink),
        ("copy", edit),
        ("copy", move_into_the_export),
        ("hardlink", Path.unlink),
        ("hardlink", move_into_the_export),
    ],
)
def test_the_only_copy_left_stays(photos, tmp_path, method, lose):
    out = apply_export(plan_export(group(photos), tmp_path / "sorted", method)).out
    lose(photos / "sea.png")
    report = undo_export(out, dry_run=False)
    reason = "maybe the only copy: its original cannot be read or has changed"
    assert dict(report.kept)["cluster_01/sea.png"] == reason
    assert (out / "cluster_01/sea.png").read_bytes() == FILES["sea.png"][1]


def test_a_manifest_that_calls_the_copy_its_own_original(out):
    def change(manifest):
        for file in manifest["files"]:
            file["source"] = str(out / file["destination"])

    edit_manifest(out, change)
    before = contents(out)
    assert len(undo_export(out, dry_run=False).kept) == 5
    assert contents(out) == before


OUTSIDE = [
    "../photos/sea.png",
    "cluster_00/../../photos/sea.png",
    "{photos}/sea.png",
    "..",
    ".",
    "",
    "cluster_00//sea.png",
    "cluster_00/sub/sea.png",
    "cluster_00\\..\\..\\photos\\sea.png",
    "C:sea.png",
    "cluster_00/\0",
]


@pytest.mark.parametrize("destination", OUTSIDE)
@pytest.mark.parametrize("part", ["files", "tables"])
def test_a_manifest_that_points_outside_is_refused(photos, out, destination, part):
    named = destination.format(photos=photos)
    edit_manifest(out, lambda manifest: manifest[part][-1].update(destination=named))
    before = snapshot(out.parent)
    for action in (verify_export, lambda out: undo_export(out, dry_run=False)):
        with pytest.raises(ExportError, match=r"expected an export of imagegroup"):
            action(out)
    assert snapshot(out.parent) == before


BROKEN = {
    "no JSON": b"{",
    "not UTF-8": b"\xff\xfe\xfd",
    "a list": b"[]",
    "another format": b'{"imagegroup": 99, "plan": "x", "files": [], "tables": []}',
    "no files": b'{"imagegroup": 1, "plan": "x"}',
    "files of the wrong kind": b'{"imagegroup": 1, "plan": "x", "files": [3], "tables": []}',
    "a size of the wrong kind": b'{"imagegroup": 1, "plan": "x", "files": [], "tables": '
    b'[{"destination": "a", "size": null, "sha256": "' + b"0" * 64 + b'"}]}',
    "very deep": b"[" * 100_000,
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_manifest_is_one_line(out, kind):
    (out / "manifest.json").write_bytes(BROKEN[kind])
    with pytest.raises(ExportError, match=r"^[^\n]+$"):
        verify_export(out)
    with pytest.raises(ExportError, match="exists"):
        apply_export(plan_export(group(out.parent / "photos"), out))


@pytest.mark.parametrize("place", ["nowhere", "photos", "photos/sea.png", "\0"])
def test_what_is_no_export(photos, place):
    with pytest.raises(ExportError, match=r"expected an export of imagegroup"):
        undo_export(f"{photos.parent}/{place}", dry_run=False)


def test_undo_leaves_what_it_may_not_remove(out, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "unlink", refuse)
    assert {reason for _, reason in undo_export(out, dry_run=False).kept} == {"Permission denied"}


@pytest.mark.parametrize("method", METHODS)
def test_hostile_names(tmp_path, method):
    files = {name: (i % 4 - 1, os.fsencode(name)) for i, name in enumerate(HOSTILE_NAMES)}
    photos = write_folder(tmp_path / "photos", files)
    before = snapshot(photos)
    plan = plan_export(group(photos, files), tmp_path / "sorted", method, names={0: "../\x1b"})
    assert all(display_name(line) == line for line in plan.lines())
    out = apply_export(plan).out
    assert verify_export(out).ok
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert {os.path.relpath(file["source"], photos) for file in manifest["files"]} == set(files)
    for file in manifest["files"]:
        group_folder, name = file["destination"].split("/")
        assert (out / group_folder / name).read_bytes() == Path(file["source"]).read_bytes()
        assert safe_component(name) == name or len(name.encode()) > 200  # a numbered, long name
    for row in csv.reader((out / "clusters.csv").open(encoding="utf-8", newline="")):
        path, _label, _distance, exported = row
        assert not any(cell.lstrip().startswith(tuple("=+-@")) for cell in (path, exported))
    assert len(undo_export(out, dry_run=False).removed) == len(files) + 3
    assert os.listdir(tmp_path) == ["photos"]
    assert snapshot(photos) == before
