"""What the K-means stepper draws, of points and of photos."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from imagegroup import DEFAULT
from imagegroup.evaluate import score_labels
from imagegroup.grouping import Grouping
from imagegroup.scratch import kmeans as scratch
from imagegroup.widgets import (
    draw,
    kmeans,
    kmeans_frames,
    kmeans_photos,
    kmeans_stepper,
    kmeans_words,
)
from imagegroup.widgets import kmeans_state as steps

CLUMPS = kmeans.example_points("clumps")
GREYS = list(range(10, 250, 10))


@pytest.fixture(scope="module")
def grouping(tmp_path_factory) -> Grouping:
    """Give 24 photos, each of one grey, with vectors of 30 numbers in 4 groups."""
    folder = tmp_path_factory.mktemp("greys")
    paths = tuple(f"{i:02}.png" for i in range(len(GREYS)))
    for path, grey in zip(paths, GREYS, strict=True):
        cv2.imwrite(str(folder / path), np.full((90, 90), grey, np.uint8))
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(24, 30)) + 2 * rng.normal(size=(4, 30)).repeat(6, axis=0)
    labels = np.arange(4).repeat(6)
    centers = np.array([vectors[labels == i].mean(axis=0) for i in range(4)])
    return Grouping(folder, paths, vectors, labels, centers, None, "given", DEFAULT, (), {})


def test_the_picture_tells_groups_and_the_nearest_centre():
    state = steps.start(CLUMPS, 3)
    places = kmeans_frames.to_frame(state, CLUMPS).astype(int)
    clear = scratch.squared_distances(places, kmeans_frames.to_frame(state, state.now.centers))
    clear = clear.min(axis=1) > 30**2
    columns, rows = places[clear].T
    assert (kmeans_frames.draw_plane(state)[rows, columns] == draw.GREY).all(axis=1).mean() > 0.9
    state = steps.step(state)
    frame = kmeans_frames.draw_plane(state)
    colours = np.array(kmeans_frames.COLOURS)[state.now.labels[clear]]
    assert (frame[rows, columns] == colours).all(axis=1).mean() > 0.9
    spots = np.random.default_rng(0).integers([0, 0], [640, 480], (300, 2))
    tints = []
    for x, y in spots.tolist():
        ways = np.hypot(*(state.now.centers - kmeans_frames.to_plane(state, x, y)).T)
        tints.append(kmeans_frames._tint(ways.argmin()).astype(int))
    seen = frame[spots[:, 1], spots[:, 0]].astype(int)
    assert (abs(seen - tints).max(axis=1) <= 1).mean() > 0.85  # the others lie under marks


def test_points_that_changed_group_have_a_ring():
    state = steps.step(steps.step(steps.start(CLUMPS, 3)))
    after = steps.step(state)
    changed = after.now.labels != state.now.labels
    assert 0 < changed.sum() < 40
    frame = kmeans_frames.draw_plane(after)
    for (x, y), ringed in zip(kmeans_frames.to_frame(after, CLUMPS), changed, strict=True):
        around = frame[int(y) - 11 : int(y) + 12, int(x) - 11 : int(x) + 12]
        assert not ringed or (around == 0).all(axis=2).sum() > 30


def test_the_curve_marks_each_move():
    state = steps.start(CLUMPS, 3)
    marks = []
    for _ in range(8):
        trace = kmeans_frames.draw_trace(state)
        marks.append([(trace == colour).all(axis=2).sum() for colour in (draw.BLUE, draw.ORANGE)])
        state = steps.step(state)
    assigned, moved = np.diff(marks, axis=0).T > 8
    assert assigned.tolist() == [True, False] * 3 + [True]
    assert moved.tolist() == [False, True] * 3 + [False]
    anew = steps.restart(state, "random")
    earlier = kmeans_frames.draw_trace(anew)[40:240, 60:240]
    assert (earlier < 200).sum() > 300
    another_k = kmeans_frames.draw_trace(steps.remove(anew))[40:240, 60:240]
    assert (another_k == 255).all()


def test_photos_lie_at_their_principal_components(grouping):
    from sklearn.decomposition import PCA

    points, photos = kmeans_photos.read_photos(grouping)
    model = PCA(2).fit(grouping.vectors)
    wanted = model.transform(grouping.vectors)
    signs = np.sign((points * wanted).sum(axis=0))
    np.testing.assert_allclose(points * signs, wanted, atol=2e-5)
    np.testing.assert_allclose(photos.share, model.explained_variance_ratio_.sum(), rtol=1e-6)
    assert (photos.d, photos.in_all) == (30, 24)
    assert photos.squares[:, 20, 20].tolist() == [[grey] * 3 for grey in GREYS]


@pytest.mark.parametrize("k", [1, 2, 4, 6])
@pytest.mark.parametrize("seed", range(3))
def test_the_disagreement_is_what_matched_accuracy_lacks(grouping, k, seed):
    stepper = kmeans_stepper(grouping, k, random_state=seed)
    assert "lie in another group" not in stepper.sheet.says
    stepper.act(steps.run)
    labels = stepper.state.now.labels
    differ = (kmeans_photos.partners(stepper.state.photos, labels) != labels).sum()
    assert differ == round(24 * (1 - score_labels(grouping.labels, labels).accuracy))
    told = f"{differ} of 24 photos ({differ / 24:.0%}) lie in another" if differ else "every photo"
    assert told in stepper.sheet.says


def test_groups_are_paired_whatever_their_names(grouping):
    _, photos = kmeans_photos.read_photos(grouping)
    renamed = np.array([2, 0, 3, 1])[grouping.labels]
    np.testing.assert_array_equal(kmeans_photos.partners(photos, renamed), renamed)
    strayed = renamed.copy()
    strayed[:2] = 1
    np.testing.assert_array_equal(kmeans_photos.partners(photos, strayed), renamed)
    merged = np.where(renamed == 3, 0, renamed)
    assert (kmeans_photos.partners(photos, merged) == -1).sum() == 6


def test_photos_without_features_are_left_out(grouping):
    labels = grouping.labels.copy()
    labels[[0, 5]] = -1
    some = Grouping(**{**vars(grouping), "labels": labels})
    points, photos = kmeans_photos.read_photos(some)
    assert (len(points), photos.in_all, photos.names[0]) == (22, 22, "01.png")
    none = Grouping(**{**vars(grouping), "labels": np.full(24, -1)})
    with pytest.raises(ValueError, match="no photo with features"):
        kmeans_stepper(none)
    alone = Grouping(**{**vars(grouping), "labels": np.where(np.arange(24) == 3, 0, -1)})
    stepper = kmeans_stepper(alone, 1)
    stepper.act(steps.run)
    assert "every photo lies in the same group" in stepper.sheet.says


def test_of_many_photos_some_are_drawn_and_it_says_so(grouping, monkeypatch):
    monkeypatch.setattr(kmeans_photos, "MAX_PHOTOS", 10)
    stepper = kmeans_stepper(grouping)
    assert len(stepper.state.points) == 10
    assert stepper.state.photos.names[0] == "00.png"
    assert stepper.state.photos.names[-1] == "23.png"
    assert "; 10 of 24 photos." in stepper.sheet.says


def test_the_plane_and_the_sheet_show_the_photos(grouping):
    stepper = kmeans_stepper(grouping)
    state = stepper.state
    before = kmeans_frames.draw_plane(state)
    shown = [i for i, grey in enumerate(GREYS) if (before == grey).all(axis=2).sum() > 100]
    assert len(shown) > 15  # the others lie below
    state = steps.run(state)
    others = kmeans_photos.partners(state.photos, state.now.labels)
    astray = np.flatnonzero(others != state.now.labels)
    assert len(astray)
    state = steps.choose(state, state.now.labels[astray[0]])
    sheet = kmeans_frames.draw_sheet(state)
    rows = np.flatnonzero(state.now.labels == state.selected)
    for i, grey in enumerate(GREYS):
        assert ((sheet == grey).all(axis=2).sum() > 400) == (i in rows)
    first = sheet[28 : 28 + kmeans_photos.SIDE, 4 : 4 + kmeans_photos.SIDE]
    assert (first == GREYS[astray[0]]).all(axis=2).mean() > 0.4
    words = kmeans_words.describe_sheet(state)
    partner = f"group {others[astray[0]] + 1}" if others[astray[0]] >= 0 else "a group without"
    assert f": {astray[0]:02}.png (in all numbers {partner}" in words
    assert words.count(".png") == len(rows)


def test_another_centre_shows_its_photos(grouping):
    stepper = kmeans_stepper(grouping)
    stepper.act(steps.step)
    before = stepper.plane.image, stepper.sheet.image
    stepper.act(steps.choose, 2)
    assert stepper.sheet.label.startswith("Group 3: ")
    assert stepper.plane.image != before[0]
    assert stepper.sheet.image != before[1]
