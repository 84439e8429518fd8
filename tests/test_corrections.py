"""Corrections: nothing is lost or doubled, everything can be undone, the result can be exported."""

from __future__ import annotations

import random

import numpy as np
import pytest
from corrections_case import check, grouping_of, random_edit, same
from export_case import contents, write_folder
from hypothesis import given
from hypothesis import strategies as st

from imagegroup.commands import Commands, as_code, measure_effort, propose_parts
from imagegroup.corrections import (
    NEW,
    NO_FEATURES,
    Corrections,
    Edit,
    arrange,
    carry_out,
    corrected,
    folder_name,
    folder_names,
    start,
    sum_line,
)
from imagegroup.export import apply_export, plan_export, undo_export, verify_export

N = 24


def run(rng: random.Random, edits: int, every: int = 1) -> tuple[Corrections, int]:
    """Carry out random edits beside a plain list of states as the reader would keep them."""
    corrections = start(grouping_of([row % 5 - 1 for row in range(N)]))
    past, future, refused = [], [], 0
    for i in range(edits):
        before = corrections.now
        edit = random_edit(before, rng)
        try:
            corrections = carry_out(corrections, edit)
        except ValueError:
            refused += 1
            continue
        if edit.verb == "undo":
            future.append(before)
            assert same(corrections.now, past.pop())
        elif edit.verb == "redo":
            past.append(before)
            assert same(corrections.now, future.pop())
        else:
            past.append(before)
            future.clear()
        if i % every == 0:
            check(corrections.now, 2)
    return corrections, refused


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_any_edits_keep_every_photo_in_one_group(seed, edits):
    corrections, refused = run(random.Random(seed), edits)
    check(corrections.now, 2)
    assert 0 <= refused <= edits


def test_ten_thousand_edits_and_all_of_them_undone():
    corrections, refused = run(random.Random(6), 10_000, every=20)
    assert 500 < refused < 6_000
    first = corrections.states[0]
    while corrections.at:
        corrections = carry_out(corrections, Edit("undo"))
    assert same(corrections.now, first)


def test_earlier_states_stay_as_they_were():
    corrections = start(grouping_of([0, 0, 1, 1]))
    before = corrections.now
    for edit in [
        Edit("move", {"photos": [0], "to": 1}),
        Edit("not_sure", {"photos": [3]}),
        Edit("rename", {"group": 1, "name": "cats"}),
        Edit("split", {"photos": [0, 2, 3], "group": 1, "parts": [0, 1, 1], "names": ["dogs"]}),
    ]:
        corrections = carry_out(corrections, edit)
    assert corrections.now.groups.tolist() == [1, 0, 2, 2]
    assert before.groups.tolist() == [0, 0, 1, 1]
    assert not before.unsure.any()
    assert before.names[1] == "cluster_01"


def test_a_new_edit_ends_what_could_be_redone():
    corrections = start(grouping_of([0, 1, 1]))
    for verb in (Edit("move", {"photos": [0], "to": 1}), Edit("undo")):
        corrections = carry_out(corrections, verb)
    corrections = carry_out(corrections, Edit("not_sure", {"photos": [2]}))
    with pytest.raises(ValueError, match="nothing to redo"):
        carry_out(corrections, Edit("redo"))
    assert corrections.undone == 1


@pytest.mark.parametrize(
    ("verb", "arguments", "match"),
    [
        ("undo", {}, "nothing to undo"),
        ("redo", {}, "nothing to redo"),
        ("move", {"photos": [0], "to": 7}, "7: no such group; there are 0, 1, -1"),
        ("move", {"photos": [0], "to": NO_FEATURES}, "no group to work on"),
        ("merge", {"photos": [0], "group": 0, "to": 0}, "merged into itself"),
        ("rename", {"group": 0, "name": "  "}, "the name is empty"),
        ("rename", {"group": 0, "name": "CLUSTER_01"}, "there is a CLUSTER_01 already"),
        ("rename", {"group": 0, "name": "No_Features"}, "already"),
        ("rename", {"group": 0, "name": "manifest.json"}, "already"),
        ("rename", {"group": NEW, "name": "mine"}, "keeps its name"),
        ("new_group", {"photos": [0], "name": "new_photos"}, "already"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(verb, arguments, match):
    corrections = start(grouping_of([0, 1, -1]))
    with pytest.raises(ValueError, match=match):
        carry_out(corrections, Edit(verb, arguments))


def test_the_name_of_an_emptied_group_is_free_again():
    corrections = start(grouping_of([0, 1, 1]))
    corrections = carry_out(corrections, Edit("move", {"photos": [0], "to": 1}))
    corrections = carry_out(corrections, Edit("rename", {"group": 1, "name": "cluster_00"}))
    assert folder_names(corrections.now) == {0: "cluster_00"}


@given(st.text(max_size=40))
def test_typed_names_are_folder_names_of_their_own(name):
    arrangement = arrange(np.array([0, 1]), {0: "cats", 1: "cluster_01"})
    try:
        safe = folder_name(arrangement, name, 1)
    except ValueError:
        return
    assert safe.casefold() not in ("cats", "no_features", "new_photos", "manifest.json")
    assert not set(safe) & set('/\\\0<>:"|?*\n')
    assert safe not in (".", "..")
    assert folder_name(arrangement, safe, 1) == safe


def test_photos_without_features_can_be_placed_and_come_back():
    grouping = grouping_of([0, 0, 1, -1])
    corrections = start(grouping)
    corrections = carry_out(corrections, Edit("move", {"photos": [3], "to": 1}))
    fixed = corrected(grouping, corrections.now)
    assert fixed.labels.tolist() == [0, 0, 1, 1]
    assert np.allclose(fixed.centers[1], grouping.vectors[2])  # the empty vector does not count
    assert sum_line(corrections.now, 2) == "6 in = 4 grouped + 0 no features + 2 skipped"
    assert carry_out(corrections, Edit("undo")).now.groups.tolist() == [0, 0, 1, -1]


def test_not_sure_is_told_beside_the_sum():
    corrections = carry_out(start(grouping_of([0, 1])), Edit("not_sure", {"photos": [1]}))
    assert sum_line(corrections.now, 0) == (
        "2 in = 2 grouped + 0 no features + 0 skipped; 1 marked not sure"
    )
    moved = carry_out(corrections, Edit("move", {"photos": [1], "to": 0})).now
    assert not moved.unsure.any()


def test_centers_and_distances_are_those_of_the_new_groups():
    grouping = grouping_of([0, 0, 0, 1, 1, -1])
    now = carry_out(start(grouping), Edit("move", {"photos": [0, 1, 2, 4], "to": 1})).now
    fixed = corrected(grouping, now)
    assert fixed.labels.tolist() == [0, 0, 0, 0, 0, -1]  # cluster_00 is empty and gone
    center = grouping.vectors[:5].astype(float).mean(axis=0)
    assert np.allclose(fixed.centers, [center])
    expected = np.linalg.norm(grouping.vectors[:5] - center, axis=1)
    assert np.allclose(fixed.distances[:5], expected, atol=1e-6)
    assert fixed.criterion == "given, corrected by hand"


def test_kmeans_proposes_parts_of_one_group_the_largest_first():
    vectors = np.array([[9.0, 0], [1, 0], [9, 1], [1, 1], [1, 0.5], [50, 50], [0, 0]], np.float32)
    grouping = grouping_of([0, 0, 0, 0, 0, 1, -1], vectors)
    assert propose_parts(grouping, [0, 1, 2, 3, 4], 2) == [1, 0, 1, 0, 0]
    assert propose_parts(grouping, [0, 1, 2, 6], 2) == [0, 1, 0, 0]  # no features: the largest
    for photos, k in ([[5], 2], [[0, 1], 3], [[0, 6], 2], [[0, 1], 1]):
        with pytest.raises(ValueError, match="cannot be split"):
            propose_parts(grouping, photos, k)


def test_equal_photos_cannot_be_split():
    grouping = grouping_of([0, 0, 0], np.ones((3, 4), np.float32))
    with pytest.raises(ValueError, match="1 distinct images"):
        propose_parts(grouping, [0, 1, 2], 2)


class Plain(Commands):
    """Commands without a journal."""

    def __init__(self, grouping):
        self.grouping, self.corrections = grouping, start(grouping)

    def do(self, edit):
        self.corrections = carry_out(self.corrections, edit)


def test_the_edits_read_as_code_and_the_code_does_the_same():
    rng = random.Random(1)
    paths = tuple(f"it's {row} \udce9\n.jpg" for row in range(N))
    grouping = grouping_of([row % 4 - 1 for row in range(N)], paths=paths)
    desk, again = Plain(grouping), Plain(grouping)
    for _ in range(300):
        edit = random_edit(desk.now, rng)
        try:
            desk.do(edit)
        except ValueError:
            continue
    lines = desk.code()
    assert len(lines) == desk.corrections.at > 50
    for line in lines:
        assert line.isascii()
        exec(line, {"desk": again})  # our own lines, in a test; the package never does this
    assert same(again.now, desk.now)


def test_commands_take_paths_and_names():
    desk = Plain(grouping_of([0, 0, 0, 0, 1, 1]))
    desk.rename("cluster_00", to="cats")
    desk.move("04.jpg", to="cats")
    desk.new_group(["00.jpg"], "dogs")
    desk.split("cats", parts=[["01.jpg"], ["02.jpg"]])
    desk.merge("cluster_01", into="dogs")
    desk.not_sure(["00.jpg"])
    desk.not_sure(["00.jpg"], marked=False)
    names = [desk.now.names[group] for group in desk.now.groups]
    assert names == ["dogs", "cats 2", "cats 3", "cats", "cats", "dogs"]
    for wrong in (
        lambda: desk.move(["x.jpg"], to="cats"),
        lambda: desk.move(["00.jpg"], to="cows"),
        lambda: desk.split("dogs", k=9),
    ):
        with pytest.raises(ValueError, match=r"x\.jpg|cows|cannot be split"):
            wrong()
    desk.undo()
    desk.redo()
    assert str(desk.effort()) == (
        "7 edits (1 undone), 2 photos placed by hand, 0 not sure: 4 photos changed group, "
        "2 groups became 4."
    )


def test_effort_counts_the_photos_that_changed_group():
    corrections = start(grouping_of([0, 0, 0, 1, 1, 1]))
    corrections = carry_out(corrections, Edit("move", {"photos": [0], "to": 1}))
    corrections = carry_out(corrections, Edit("rename", {"group": 1, "name": "cats"}))
    effort = measure_effort(corrections)
    assert (effort.edits, effort.placed, effort.changed) == (2, 1, 1)
    assert (effort.groups_before, effort.groups_after) == (2, 2)


def test_code_of_a_command_on_a_group():
    before = start(grouping_of([0, 0, 1])).now
    edit = Edit("merge", {"photos": [0, 1], "group": 0, "to": 1})
    assert as_code(edit, before, ["a", "b", "c"]) == ("desk.merge('cluster_00', into='cluster_01')")


def test_export_verify_and_undo_of_corrected_groups(tmp_path):
    folder = write_folder(tmp_path / "photos")
    paths = tuple(sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*")))
    desk = Plain(grouping_of([-1, 0, 0, 1, 1], folder=folder, paths=paths, skipped=0))
    desk.rename("cluster_00", to="../cats")
    desk.move([paths[0], paths[3]], to=".._cats")
    plan = plan_export(desk.corrected(), tmp_path / "sorted", names=desk.names())
    apply_export(plan)
    found = contents(tmp_path / "sorted")
    folders = [name.split("/")[0] for name in found if "/" in name]
    assert sorted(folders) == [".._cats"] * 4 + ["cluster_01"]
    assert verify_export(tmp_path / "sorted").ok
    undo_export(tmp_path / "sorted", dry_run=False)
    assert not (tmp_path / "sorted").exists()
