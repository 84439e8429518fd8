"""Scenes: matched pairs, links without weak bridges, groups, and everything that uses them."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from hypothesis import given
from hypothesis import strategies as st

from imagegroup import SCENES, group_images
from imagegroup.cli import main
from imagegroup.commands import Corrector
from imagegroup.evaluate import apart, score_folder, score_labels, true_labels
from imagegroup.explanation import compare_photos
from imagegroup.export import apply_export, plan_export, verify_export
from imagegroup.matching import count_cells, match_places, shared_spots
from imagegroup.orb import Features, OrbParams, extract_features
from imagegroup.report import report_page
from imagegroup.samples import make_album
from imagegroup.samples import photo as photo_of
from imagegroup.scene_inspection import (
    near_duplicates,
    scene_layout,
    stranger_inliers,
    weakest_links,
)
from imagegroup.scenes import (
    ALL_PAIRS,
    NEIGHBOURS,
    SceneGraph,
    candidate_pairs,
    connected_parts,
    count_inliers,
    link_pairs,
    scene_labels,
)
from imagegroup.sweeps import sweep_recipes
from imagegroup.views import DIFFICULTIES, make_view

PARAMS = SCENES.orb


@pytest.fixture(scope="module")
def folder(album, tmp_path_factory) -> Path:
    """Give four scenes of three views, two loners, a wall without features, a broken file."""
    folder = tmp_path_factory.mktemp("scenes") / "holiday"
    for scene in ("astronaut", "china", "coffee", "rocket"):
        for view in sorted((album / scene).iterdir())[:3]:
            (folder / scene).mkdir(parents=True, exist_ok=True)
            shutil.copy2(view, folder / scene / view.name)
    (folder / "others").mkdir()
    for name in ("page.png", "clock_motion.png"):
        shutil.copy2(Path(skimage.data_dir) / name, folder / "others" / name)
    cv2.imwrite(str(folder / "others" / "wall.png"), np.full((200, 200), 90, np.uint8))
    (folder / "others" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    return folder


@pytest.fixture(scope="module")
def grouping(folder):
    return group_images(folder, SCENES)


def parts_of(n, links):
    """What hangs together, by the plainest loop: a part for each photo, joined link by link."""
    part = list(range(n))
    for a, b in links:
        old, new = part[a], part[b]
        part = [new if p == old else p for p in part]
    return part


def same_parts(a, b):
    return all(
        (a[i] == a[j]) == (b[i] == b[j]) for i, j in itertools.combinations(range(len(a)), 2)
    )


def test_scenes_are_found_without_a_k(grouping):
    by_label = {}
    for path, label in zip(grouping.paths, grouping.labels, strict=True):
        by_label.setdefault(int(label), []).append(path)
    scenes = {label: {p.split("/")[0] for p in paths} for label, paths in by_label.items()}
    # in the order of their first photos; a photo without keypoints is in no group
    assert scenes[0] == {"astronaut"}
    assert scenes[1] == {"china"}
    assert scenes[2] == {"coffee"}
    assert scenes[3] == {"rocket"}
    assert by_label[4] == ["others/clock_motion.png", "others/page.png"]
    assert by_label[-1] == ["others/wall.png"]
    assert grouping.names == {4: "single"}
    assert [s.path for s in grouping.skipped] == ["others/broken.jpg"]
    assert grouping.k == 5
    assert grouping.sweep is None
    assert "8 and more shared spots" in grouping.criterion


def test_near_duplicates_share_more_than_any_other_view():
    rgb, rng = photo_of("china"), np.random.default_rng(0)
    first, *views = (make_view(rgb, rng, DIFFICULTIES["hard"])[0] for _ in range(6))
    half = cv2.resize(first, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    coded = cv2.imencode(".jpg", first, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    twins = half, cv2.imdecode(coded, cv2.IMREAD_COLOR), first[30:-30, 40:-40]
    greys = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, *twins, *views)]
    features = [extract_features(grey, PARAMS) for grey in greys]
    spots = np.array([count_cells(one.keypoints) for one in features])
    pairs = np.array([(0, other) for other in range(1, len(features))])
    graph = SceneGraph(pairs, count_inliers(features, pairs), np.ones(len(pairs), bool), spots)
    nearest, shares = near_duplicates(graph)
    assert {other for _, other in nearest[:3].tolist()} == {1, 2, 3}
    assert 1 >= shares[0] >= shares[2] > 0.5 > shares[3]


def test_labels_agree_with_a_plain_union_of_the_links(grouping):
    rows = np.flatnonzero(grouping.labels >= 0)
    parts = parts_of(len(grouping.paths), grouping.scenes.links())
    labels = apart(grouping)
    assert same_parts(labels[rows], np.array(parts)[rows])


def test_each_pair_was_matched_as_opencv_alone_would(grouping, folder):
    """The count again, from knnMatch, crossCheck and findHomography, for linked pairs."""
    matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
    for a, b in grouping.scenes.links()[::4]:
        counts = set()
        for pair in ((a, b), (b, a)):  # either may be mapped to the other
            sides = [cv2.imread(str(folder / grouping.paths[row]), 0) for row in pair]
            ours, theirs = (extract_features(side, PARAMS) for side in sides)
            there = matcher.knnMatch(ours.descriptors, theirs.descriptors, k=2)
            others = matcher.match(theirs.descriptors, ours.descriptors)
            back = {m.queryIdx: m.trainIdx for m in others}
            pairs = [
                (m.queryIdx, m.trainIdx)
                for m, second in there
                if m.distance < 0.8 * second.distance and back[m.trainIdx] == m.queryIdx
            ]
            points = ours.keypoints[[p for p, _ in pairs]]
            mates = theirs.keypoints[[q for _, q in pairs]]
            mask = cv2.findHomography(points, mates, cv2.RANSAC, 5)[1].ravel() > 0
            cells = [{(x // 8, y // 8) for x, y in s[mask].tolist()} for s in (points, mates)]
            counts.add(min(map(len, cells)))
        assert grouping.scenes.shared(a, b) in counts


def test_a_mirrored_photo_shares_nothing(photo):
    ours, mirrored = (extract_features(p, PARAMS) for p in (photo, photo[:, ::-1].copy()))
    assert shared_spots(ours, ours) > 150
    assert shared_spots(ours, mirrored) < SCENES.min_inliers


def test_a_map_that_no_camera_makes_agrees_on_nothing():
    """Equal descriptors at places that only a collapse onto a point explains."""
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 400, (40, 2)).astype(np.float32)
    descriptors = rng.integers(0, 256, (40, 32), np.uint8)
    where = {"keypoints": places, "descriptors": descriptors}
    shrunk = Features(keypoints=places / 8 + 200, descriptors=descriptors)
    assert match_places(Features(**where), Features(**where))[2].all()
    assert not match_places(Features(**where), shrunk)[2].any()


@pytest.mark.parametrize("n", [0, 1, 2, ALL_PAIRS])
def test_few_photos_are_all_matched(n):
    pairs = candidate_pairs(np.random.default_rng(0).normal(size=(n, 5)), np.arange(n))
    assert pairs.tolist() == [list(p) for p in itertools.combinations(range(n), 2)]


def test_many_photos_are_matched_with_their_nearest():
    vectors = np.random.default_rng(0).normal(size=(ALL_PAIRS + 40, 5)).astype(np.float32)
    gaps = np.linalg.norm(vectors[:, None].astype(float) - vectors, axis=2)
    np.fill_diagonal(gaps, np.inf)
    wanted = {
        (min(row, int(other)), max(row, int(other)))
        for row in range(len(vectors))
        for other in np.argsort(gaps[row])[:NEIGHBOURS]
    }
    pairs = candidate_pairs(vectors, np.arange(len(vectors)))
    assert pairs.tolist() == sorted(map(list, wanted))


def test_one_wrong_pair_does_not_merge_two_places():
    inside = [*itertools.combinations(range(4), 2), *itertools.combinations(range(4, 8), 2)]
    pairs, inliers = np.array([*inside, (3, 4)]), np.array([40] * len(inside) + [15])
    linked = link_pairs(8, pairs, inliers, min_inliers=8)
    assert linked[:-1].all()
    assert not linked[-1]
    inliers[-1] = 16  # twice the threshold: strangers do not get there
    assert link_pairs(8, pairs, inliers, min_inliers=8).all()
    doubled = np.array([*pairs.tolist(), (0, 7)])  # a second pair says the same
    assert link_pairs(8, doubled, np.array([40] * len(inside) + [9, 9]), min_inliers=8).all()


graphs = st.integers(2, 9).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.dictionaries(
            st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] < p[1]),
            st.integers(0, 25),
            max_size=20,
        ),
    )
)


@given(graphs)
def test_links_hold_their_rules_on_any_graph(graph):
    n, given_pairs = graph
    pairs = np.array(sorted(given_pairs), int).reshape(-1, 2)
    inliers = np.array([given_pairs[tuple(p)] for p in pairs.tolist()], int)
    linked = link_pairs(n, pairs, inliers, min_inliers=8)
    assert not linked[inliers < 8].any()
    assert linked[inliers >= 16].all()
    kept = pairs[linked]
    parts = parts_of(n, kept)
    for i in np.flatnonzero(
        (inliers >= 8) & ~linked
    ):  # what was cut joins two parts of two or more
        a, b = pairs[i]
        assert parts[a] != parts[b]
        assert min(parts.count(parts[a]), parts.count(parts[b])) >= 2
    for i in np.flatnonzero(linked & (inliers < 16)):  # what is weak and stays is no such bridge
        rest = parts_of(n, [p for p in kept.tolist() if p != pairs[i].tolist()])
        a, b = pairs[i]
        alone = min(rest.count(rest[a]), rest.count(rest[b])) < 2
        assert rest[a] == rest[b] or alone
    labels, single = scene_labels(connected_parts(n, kept))
    loners = [row for row in range(n) if parts.count(parts[row]) == 1]
    assert (single is not None) == bool(loners)
    together = [row for row in range(n) if row not in loners]
    assert same_parts(labels[together], [parts[row] for row in together])
    assert all(labels[row] == single for row in loners)
    firsts = [
        together[[parts[r] for r in together].index(p)]
        for p in dict.fromkeys(parts[r] for r in together)
    ]
    assert [int(labels[row]) for row in firsts] == list(range(len(firsts)))


@given(graphs)
def test_the_weakest_link_is_where_a_scene_falls_apart(graph):
    n, given_pairs = graph
    pairs = np.array(sorted(given_pairs), int).reshape(-1, 2)
    inliers = np.array([given_pairs[tuple(p)] for p in pairs.tolist()], int)
    linked = link_pairs(n, pairs, inliers, min_inliers=1)
    labels, single = scene_labels(connected_parts(n, pairs[linked]))
    weakest = weakest_links(SceneGraph(pairs, inliers, linked, np.ones(n)), labels)
    assert set(weakest) == set(labels.tolist()) - {single}
    for label, (a, b, shared) in weakest.items():
        rows = np.flatnonzero(labels == label)
        for least, whole in ((shared, True), (shared + 1, False)):
            parts = parts_of(n, pairs[linked & (inliers >= least)])
            assert (len({parts[row] for row in rows}) == 1) == whole
        assert given_pairs[a, b] == shared


def test_threads_change_neither_counts_nor_opencv(grouping, folder):
    paths = [p for p in grouping.paths if p.startswith(("rocket", "china"))]
    images = [cv2.imread(str(folder / path), 0) for path in paths]
    features = [extract_features(image, OrbParams(n_features=300)) for image in images]
    pairs, before = np.column_stack(np.triu_indices(len(paths), 1)), cv2.getNumThreads()
    counts = [count_inliers(features, pairs, jobs).tolist() for jobs in (1, 4)]
    assert counts[0] == counts[1]
    assert max(counts[0]) > 50
    assert cv2.getNumThreads() == before
    assert count_inliers(features, np.zeros((0, 2), int)).tolist() == []


def test_the_same_again_and_with_another_seed_here(grouping, folder):
    again = group_images(folder, SCENES.with_values(random_state=7), jobs=1)
    assert again.labels.tolist() == grouping.labels.tolist()
    assert again.scenes.inliers.tolist() == grouping.scenes.inliers.tolist()


@pytest.mark.parametrize("names", [(), ("wall.png",), ("page.png",), ("page.png", "wall.png")])
def test_hardly_any_photo_is_no_complaint(folder, tmp_path, names):
    for name in names:
        shutil.copy2(folder / "others" / name, tmp_path / name)
    found = group_images(tmp_path, SCENES)
    assert found.labels.tolist() == [{"page.png": 0, "wall.png": -1}[name] for name in names]
    assert found.names == ({0: "single"} if "page.png" in names else {})


def test_strangers_stay_below_the_threshold(grouping):
    shared = stranger_inliers(grouping, count=60)
    assert len(shared) == 60
    assert shared.max() < SCENES.min_inliers
    graph = grouping.scenes  # the same count, where photos are no strangers
    assert graph.inliers[graph.linked].min() >= SCENES.min_inliers


def test_each_scene_is_drawn_in_a_square_of_its_own(grouping):
    places = scene_layout(grouping.scenes, grouping.labels)
    drawn = ~np.isnan(places[:, 0])
    assert set(grouping.labels[drawn]) == {0, 1, 2, 3}
    squares = [set(map(tuple, np.rint(places[grouping.labels == k]).tolist())) for k in range(4)]
    assert squares == [{(0, 0)}, {(1, 0)}, {(0, -1)}, {(1, -1)}]


def test_the_matches_behind_a_link_can_be_seen(grouping):
    a, b = grouping.scenes.links()[0]
    image, mate = compare_photos(grouping, grouping.paths[a], grouping.paths[b])
    assert image.shape[2] == mate.image.shape[2] == 3
    assert mate.agree.sum() >= grouping.scenes.shared(a, b)
    with pytest.raises(ValueError, match="not among the"):
        compare_photos(grouping, grouping.paths[0], "nowhere.jpg")


def test_singles_are_one_folder_and_score_one_by_one(grouping):
    true = true_labels(grouping.paths)
    rows = np.flatnonzero(grouping.labels == 4)
    labels = apart(grouping)
    assert len(set(labels[rows])) == len(rows) == 2
    rest = grouping.labels != 4
    assert (labels[rest] == grouping.labels[rest]).all()
    assert score_labels(true, labels).ari < 1  # they lie in one folder here
    named = dataclasses.replace(grouping, scenes=None)  # by hand, not because nothing matched
    assert (apart(named) == grouping.labels).all()


def test_export_report_and_desk_take_scenes(grouping, tmp_path):
    plan = plan_export(grouping, tmp_path / "sorted")
    apply_export(plan)
    folders = {path.name for path in (tmp_path / "sorted").iterdir() if path.is_dir()}
    assert folders == {
        "cluster_00",
        "cluster_01",
        "cluster_02",
        "cluster_03",
        "single",
        "no_features",
    }
    assert verify_export(tmp_path / "sorted").ok
    assert "Group 4: single" in report_page(grouping)
    desk = Corrector(grouping, tmp_path / "edits.jsonl")
    desk.move(["others/page.png"], "cluster_00")
    desk.rename("single", "odd ones")
    again = Corrector(grouping, tmp_path / "edits.jsonl")
    assert again.names()[4] == "odd ones"
    assert again.corrected().names[4] == "odd ones"
    assert again.corrected().labels.tolist() == desk.corrected().labels.tolist()


def test_the_command_line_knows_scenes(folder, tmp_path):
    out = io.StringIO()
    arguments = ["group", str(folder), "--recipe", "scenes", "--json", "--out", str(tmp_path / "o")]
    with contextlib.redirect_stdout(out):
        assert main(arguments) == 0
    said = json.loads(out.getvalue())
    assert said["names"]["4"] == "single"
    assert said["recipe"]["k"] == "scenes"
    run = json.loads((tmp_path / "o" / "run.json").read_text())
    assert run["recipe"]["min_inliers"] == 8


def test_k_given_means_kmeans_on_the_vectors_of_scenes(folder):
    found = group_images(folder, SCENES.with_values(k=3, n_init=1))
    assert (found.k, found.scenes, found.names) == (3, None, {})
    with pytest.raises(ValueError, match=r"expected a number or one of .* scenes"):
        SCENES.with_values(k="scene")


def test_a_sweep_compares_thresholds(folder, tmp_path):
    grid, out = {"min_inliers": (8, 10_000)}, tmp_path / "sweep.csv"
    table = sweep_recipes(folder, grid, SCENES, seeds=1, out=out, jobs=1)
    assert table["k"].tolist() == [5, 1]  # nothing reaches 10,000: all are single
    assert table["ari"].tolist()[1] == 0
    assert table["silhouette"].isna().all()


@pytest.mark.slow
def test_the_views_are_grouped_by_place(shared):
    scores = score_folder(shared("views"), SCENES, seeds=5)
    print(scores["ari"], scores["k"])
    assert min(scores["ari"]["values"]) >= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_the_hard_album_is_grouped_by_photo(tmp_path, seed):
    folder = make_album(tmp_path / "album", "hard", random_state=seed)
    grouping = group_images(folder, SCENES)
    score = score_labels(true_labels(grouping.paths), apart(grouping)).ari
    print(seed, score, grouping.k)
    assert score >= 0.95
