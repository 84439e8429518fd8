"""Plan and apply: where files go, what is refused, what is said."""

from __future__ import annotations

import csv
import json
import os
import sys
import unicodedata
from pathlib import Path

import pytest
from export_case import FILES, contents, group, snapshot, write_folder
from hypothesis import given
from hypothesis import strategies as st

import imagegroup
from imagegroup import staging
from imagegroup.export import (
    ExportError,
    apply_export,
    check_out,
    numbered_place,
    plan_export,
    verify_export,
)
from imagegroup.plan import unique_names
from imagegroup.recipes import DEFAULT
from imagegroup.skips import SkippedFile, SkipReason

EXPORTED = {
    "cat.jpg": "cluster_00/cat.jpg",
    "deep/cat.jpg": "cluster_00/cat (2).jpg",
    "deep/Cat.JPG": "cluster_01/Cat.JPG",
    "sea.png": "cluster_01/sea.png",
    "blank.bmp": "no_features/blank.bmp",
}
TABLES = {"clusters.csv", "run.json", "manifest.json"}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "photos")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "sorted"


@pytest.mark.parametrize("fsync", [True, False])
def test_each_image_lies_in_the_folder_of_its_group(photos, out, fsync):
    before = snapshot(photos)
    result = apply_export(plan_export(group(photos), out), fsync=fsync)
    assert (result.files, result.already, result.reused) == (5, False, 0)
    assert set(contents(out)) == {*EXPORTED.values(), *TABLES}
    for source, destination in EXPORTED.items():
        original, copy = (photos / source).stat(), (out / destination).stat()
        assert (out / destination).read_bytes() == (photos / source).read_bytes()
        assert (copy.st_mtime_ns, copy.st_mode) == (original.st_mtime_ns, original.st_mode)
    assert snapshot(photos) == before
    assert set(os.listdir(out.parent)) == {"photos", "sorted"}


def test_the_tables_say_what_was_done(photos, out):
    skipped = (SkippedFile("notes.txt", SkipReason.NOT_AN_IMAGE, "text"),)
    grouping = group(photos, skipped=skipped)
    apply_export(plan_export(grouping, out))
    rows = list(csv.DictReader((out / "clusters.csv").open(encoding="utf-8")))
    assert {row["path"]: row["exported"] for row in rows} == EXPORTED
    assert [row["path"] for row in rows] == list(grouping.paths)
    assert [int(row["label"]) for row in rows] == grouping.labels.tolist()
    assert [row["distance"] for row in rows] == ["", "0.333333", "0.666667", "1", "1.33333"]
    run = json.loads((out / "run.json").read_bytes())
    assert run["counts"] == {"seen": 6, "grouped": 4, "no_features": 1, "skipped": 1}
    assert run["skipped"] == [{"path": "notes.txt", "reason": "not-an-image", "detail": "text"}]
    assert run["recipe"]["orb"]["n_features"] == grouping.recipe.orb.n_features
    assert (run["random_state"], run["k"], run["seconds"]) == (0, 2, {"read": 0.25})
    assert run["versions"]["imagegroup"] == imagegroup.__version__
    assert run["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["imagegroup"] == 1
    assert manifest["plan"] == run["plan"] == plan_export(grouping, out.with_name("other")).id
    for file in manifest["files"]:
        info = os.stat(file["source"])
        assert (file["size"], file["mtime_ns"]) == (info.st_size, info.st_mtime_ns)
        source = Path(file["source"]).relative_to(photos.resolve()).as_posix()
        assert (EXPORTED[source], "copy") == (file["destination"], file["method"])


def test_a_plan_writes_nothing_and_prints_every_file(photos, out):
    before = snapshot(photos.parent)
    lines = plan_export(group(photos), out).lines()
    assert snapshot(photos.parent) == before
    assert lines[0].startswith("copy 5 images (0.0 MB) to ")
    assert {"cluster_00/ 2 images", "no_features/ 1 images"} <= set(lines)
    for source, destination in EXPORTED.items():
        assert f"{source} -> {destination}" in lines


def test_the_plan_id_depends_on_the_groups_and_files_alone(photos, out):
    plan_id = plan_export(group(photos), out).id
    assert plan_export(group(photos, seconds={"read": 9}), out.with_name("o2")).id == plan_id
    others = [
        plan_export(group(photos), out, names={0: "cats"}).id,
        plan_export(group(photos), out, method="symlink").id,
        plan_export(group(photos, recipe=imagegroup.CLASSIC), out).id,
        plan_export(group(photos, {**FILES, "sea.png": (0, b"")}), out).id,
    ]
    os.utime(photos / "sea.png", ns=(0, 0))
    others.append(plan_export(group(photos), out).id)
    assert len({plan_id, *others}) == 6


def test_names_of_groups_are_made_safe_and_unique(photos, out):
    names = {0: "../../cats", 1: "no_features", -1: "Clusters.CSV"}
    apply_export(plan_export(group(photos), out, names=names))
    assert {p.name for p in out.iterdir()} - TABLES == {
        ".._.._cats",
        "no_features",
        "Clusters (2).CSV",
    }
    with_default = plan_export(group(photos), out.with_name("o2"), names={1: "No_Features"})
    assert {e.destination.split("/")[0] for e in with_default.entries} == {
        "cluster_00",
        "No_Features (2)",
        "no_features",
    }


def test_no_group_can_be_called_no_features(photos, out):
    files = {"sea.png": FILES["sea.png"]}
    plan = plan_export(group(photos, files), out, names={1: "no_features"})
    assert [entry.destination for entry in plan.entries] == ["no_features (2)/sea.png"]


def folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


ALIKE = ["a.x", "A.x", "a (2).x", "a (3).x", "\uff41.x", "b", "B (2)", "\u00e9", "e\u0301"]
NAMES = st.lists(st.sampled_from(ALIKE))


@given(NAMES, st.sets(st.sampled_from(["a.x", "b"])))
def test_unique_names(wanted, taken):
    unique = unique_names(wanted, taken)
    keys = [folded(name) for name in unique]
    assert len(set(keys)) == len(keys)
    assert not set(keys) & taken
    asked = [folded(name) for name in wanted]
    for row, (name, given_name) in enumerate(zip(unique, wanted, strict=True)):
        if asked[row] not in asked[:row] and asked[row] not in taken:
            assert name == given_name  # the first of its kind keeps its name
        else:
            assert name.startswith(Path(given_name).stem + " (")


def link_to(tmp_path: Path, name: str, target: Path) -> Path:
    (tmp_path / name).symlink_to(target)
    return tmp_path / name


REFUSED = {
    "lies in: the folder itself": lambda place: place / "photos",
    "lies in: deeper": lambda place: place / "photos" / "new" / "sorted",
    "lies in: by way of ..": lambda place: place / "else" / ".." / "photos" / "sorted",
    "lies in: by a link": lambda place: link_to(place, "link", place / "photos") / "sorted",
    "holds: the parent": lambda place: place,
    "holds: the root": lambda place: Path("/"),
    "exists: a folder": lambda place: place / "there",
    "exists: a file": lambda place: place / "file",
    "(is no path|exists): a link in a circle": lambda place: link_to(
        place, "circle", place / "circle"
    ),
    "is no path: a NUL": lambda place: f"{place}/\0",
}


@pytest.mark.parametrize("where", REFUSED)
def test_places_that_are_refused(photos, tmp_path, where):
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_bytes(b"mine")
    place = REFUSED[where](tmp_path)
    before = snapshot(tmp_path)
    said = rf"^[^\n]+ {where.split(':')[0]}[^\n]+$"
    with pytest.raises(ExportError, match=said):
        plan_export(group(photos), place)
    with pytest.raises(ExportError, match=said):
        check_out(photos, place)
    assert snapshot(tmp_path) == before


def test_the_folder_may_be_named_by_a_link(photos, tmp_path):
    linked = link_to(tmp_path, "link", photos)
    with pytest.raises(ExportError, match="lies in"):
        plan_export(group(linked), photos / "sorted")
    plan = plan_export(group(linked), tmp_path / "sorted")
    assert plan.id == plan_export(group(photos), tmp_path / "sorted").id


def test_the_same_export_again_is_already_complete(photos, out):
    apply_export(plan_export(group(photos), out))
    before = snapshot(out)
    result = apply_export(plan_export(group(photos), out))
    assert result.already
    assert result.message.startswith("already complete: ")
    assert snapshot(out) == before


def test_another_export_is_never_replaced(photos, out):
    apply_export(plan_export(group(photos), out))
    before = snapshot(out.parent)
    with pytest.raises(ExportError, match="holds another export"):
        apply_export(plan_export(group(photos), out, names={0: "cats"}))
    (out / "cluster_00/cat.jpg").unlink()
    with pytest.raises(ExportError, match="missing or changed"):
        apply_export(plan_export(group(photos), out))
    assert set(snapshot(out.parent)) == set(before) - {out / "cluster_00/cat.jpg"}


@pytest.mark.parametrize("kind", ["file", "folder", "export"])
def test_what_appears_during_an_export_stays(photos, out, kind):
    def appear(done):
        if kind == "file":
            out.write_bytes(b"mine")
        elif kind == "folder":
            out.mkdir(exist_ok=True)
        elif not out.exists():
            apply_export(plan_export(group(photos), out, names={0: "cats"}))

    with pytest.raises(ExportError, match="appeared during the export"):
        apply_export(plan_export(group(photos), out), progress=appear)
    assert set(os.listdir(out.parent)) == {"photos", "sorted"}
    assert kind != "file" or out.read_bytes() == b"mine"
    assert kind != "export" or (verify_export(out).ok and (out / "cats").is_dir())


def test_parents_are_made_and_a_long_name_works(photos, tmp_path):
    out = tmp_path / "new" / "é" / ("x" * 255)
    apply_export(plan_export(group(photos), out))
    assert verify_export(out).ok
    assert os.listdir(out.parent) == [out.name]


def test_no_image_at_all(photos, out):
    apply_export(plan_export(group(photos, {}), out))
    assert set(contents(out)) == TABLES
    assert verify_export(out).ok


CHANGES = {
    "longer": lambda path: path.write_bytes(b"longer than it was"),
    "touched": lambda path: os.utime(path, ns=(0, 0)),
    "gone": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("method", ["copy", "hardlink"])
def test_an_original_that_changed_since_the_plan(photos, out, change, method):
    plan = plan_export(group(photos), out, method)
    CHANGES[change](photos / "sea.png")
    with pytest.raises(ExportError, match=r"sea\.png is gone or has changed: group the folder"):
        apply_export(plan)
    assert os.listdir(out.parent) == ["photos"]
    if change in ("gone", "a folder", "a pipe"):
        with pytest.raises(ExportError, match=r"sea\.png is gone or no file"):
            plan_export(group(photos), out)


def test_an_original_that_changes_while_it_is_read(photos, out, monkeypatch):
    monkeypatch.setattr(staging, "BLOCK", 8)
    real_write, target = os.write, photos / "cat.jpg"

    def write_and_change(fd, data):
        if bytes(data).startswith(b"catcat"):
            target.write_bytes(b"CAT" * 11)  # of the same size
        return real_write(fd, data)

    plan = plan_export(group(photos), out)
    monkeypatch.setattr(os, "write", write_and_change)
    with pytest.raises(ExportError, match="has changed"):
        apply_export(plan)
    assert not out.exists()


def test_progress_counts_every_image_once(photos, out):
    seen = []
    apply_export(plan_export(group(photos), out), progress=seen.append)
    assert seen == [1] * 5


def test_numbered_place_finds_its_export_again_and_never_another(photos, tmp_path):
    grouping, base = group(photos), tmp_path / "out" / "quickstart"
    first = numbered_place(grouping, base)
    assert first == base / "groups"
    apply_export(plan_export(grouping, first))
    assert numbered_place(grouping, base) == first
    other = group(photos, recipe=DEFAULT.with_values(k=3))
    second = numbered_place(other, base)
    assert second == tmp_path / "out" / "quickstart-2" / "groups"
    second.parent.mkdir()
    (second.parent / "notes.txt").write_text("somebody's")
    assert numbered_place(other, base) == tmp_path / "out" / "quickstart-3" / "groups"
