"""The quiz: each number of its key recomputed from the numbers in its questions."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from kneed import KneeLocator
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from imagegroup import samples

DOCS = Path(__file__).resolve().parents[1] / "docs"
IDS = [f"M{number}" for number in range(1, 16)]


def read_quiz():
    """Return for each form the items, id -> text."""
    forms = re.split(r"^## Form ([AB])$", (DOCS / "quiz.md").read_text(), flags=re.M)[1:]
    items = {}
    for form, text in zip(forms[::2], forms[1::2], strict=True):
        found = re.findall(r"^\d+\. \((M\d+)\) (.*?)(?=^\d+\. |\Z)", text, re.M | re.S)
        assert [id for id, _ in found] == IDS, form
        items |= {(form, id): " ".join(question.split()) for id, question in found}
    return items


def read_key():
    """Return (form, id) -> the bold words of the key."""
    rows = re.findall(
        r"^\| (\d+) \| (M\d+) \| (.*?) \| (.*?) \|", (DOCS / "quiz-key.md").read_text(), re.M
    )
    assert [(int(n), id) for n, id, *_ in rows] == list(enumerate(IDS, 1))
    cells = {
        (form, id): cell for _, id, *both in rows for form, cell in zip("AB", both, strict=True)
    }
    return {which: re.findall(r"\*\*(.+?)\*\*", cell) for which, cell in cells.items()}


QUIZ, KEY = read_quiz(), read_key()
FORMS = pytest.mark.parametrize("form", ["A", "B"])


def given(form, id):
    """Return the code spans of an item: lists of numbers, or of words."""
    spans = [span.split() for span in re.findall(r"`([^`]+)`", QUIZ[form, id])]
    number = re.compile(r"-?[\d.]+(,-?[\d.]+)*$")
    return [
        [np.array(word.split(","), float).squeeze() for word in span]
        if number.match(span[0])
        else span
        for span in spans
    ]


def at_the_ring(differences):
    """A 7 x 7 picture whose centre has this ring; OpenCV's ring order does not matter for runs."""
    circle = [(0, 3), (1, 3), (2, 2), (3, 1), (3, 0), (3, -1), (2, -2), (1, -3)]
    circle += [(-x, -y) for x, y in circle]
    image = np.full((7, 7), 128, np.uint8)
    for (x, y), difference in zip(circle, differences, strict=True):
        image[3 + y, 3 + x] = np.clip(128 + difference, 0, 255)
    return image


def fast_finds(differences, threshold):
    detector = cv2.FastFeatureDetector_create(int(threshold), nonmaxSuppression=False)
    return bool(detector.detect(at_the_ring(differences)))


def longest_run(passing):
    twice = "".join("x" if each else " " for each in [*passing, *passing])
    return min(16, max(map(len, twice.split())))


@FORMS
def test_m1_and_m2_by_fast(form):
    (threshold,), ring = given(form, "M1")
    passing = np.abs(ring) > threshold
    assert f"{['Nine', 'Ten'][passing.sum() - 9]} of them pass" in QUIZ[form, "M1"]
    assert KEY[form, "M1"] == [str(longest_run(passing)), "no"]
    assert not fast_finds(ring, threshold)
    (threshold,), ring = given(form, "M2")
    assert fast_finds(ring, threshold)
    assert KEY[form, "M2"] == ["corner"]
    assert longest_run(np.abs(ring) > threshold) in (9, 10)


@FORMS
def test_m3_by_the_thresholds_that_fast_passes(form):
    (nine,) = given(form, "M3")
    ring = [*nine, *[0] * 7]
    assert KEY[form, "M3"] == [str(max(t for t in range(1, 250) if fast_finds(ring, t)))]


@pytest.fixture(scope="module")
def photo():
    return cv2.cvtColor(samples.photo("china"), cv2.COLOR_RGB2GRAY)


def test_m4_on_the_sample_photo(photo):
    places = {keypoint.pt for keypoint in cv2.FastFeatureDetector_create(20).detect(photo)}
    kinds = (cv2.ORB_HARRIS_SCORE, cv2.ORB_FAST_SCORE)
    kept = [
        {k.pt for k in cv2.ORB_create(nfeatures=109, nlevels=1, scoreType=kind).detect(photo)}
        for kind in kinds
    ]
    assert len(places) > 1000
    assert KEY["A", "M4"] == [str(len(kept[0] - places))]
    assert kept[1] <= places  # B: the corners are the same,
    assert kept[0] != kept[1]  # which of them are kept is not


@FORMS
def test_m5_by_opencv(form):
    one, two = (np.array([[span[0]]], np.uint8) for span in given(form, "M5"))
    bits = cv2.norm(one, two, cv2.NORM_HAMMING)
    assert KEY[form, "M5"] == [str(abs(int(one[0, 0]) - int(two[0, 0]))), str(int(bits))]


def right_matches(photo, other, back):
    """How many ORB matches of the photo with a changed one are right; `back` maps (n, 2) points."""
    (a, one), (b, two) = (cv2.ORB_create().detectAndCompute(i, None) for i in (photo, other))
    found = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(one, two)
    here = np.array([a[match.queryIdx].pt for match in found])
    there = np.array([b[match.trainIdx].pt for match in found])
    right = np.linalg.norm(here - back(there), axis=1) < 5
    return str(right.sum()), len(found)


def test_m6_and_m7_on_the_sample_photo(photo):
    last = np.array(photo.shape[::-1]) - 1
    turned = {"A": (cv2.ROTATE_90_CLOCKWISE, lambda p: np.c_[p[:, 1], last[1] - p[:, 0]])}
    turned["B"] = cv2.ROTATE_180, lambda p: last - p
    for form, (how, back) in turned.items():
        assert given(form, "M6")[0] == [{"A": 90, "B": 180}[form]]
        assert [right_matches(photo, cv2.rotate(photo, how), back)[0]] == KEY[form, "M6"]
    noise = np.random.default_rng(0).normal(0, 10, photo.shape)
    changed = {
        "A": [cv2.add(photo, 40), cv2.flip(photo, 1), 255 - photo],
        "B": [cv2.flip(photo, 0), cv2.subtract(photo, 30), np.clip(photo + noise, 0, 255)],
    }
    mirrors = {("A", 1): [-1, 1], ("B", 0): [1, -1]}
    key = (DOCS / "quiz-key.md").read_text()
    for form, pictures in changed.items():
        for number, picture in enumerate(pictures):
            sign = np.array(mirrors.get((form, number), [1, 1]))
            right, of = right_matches(
                photo, picture.astype(np.uint8), lambda p, s=sign: p * s + last * (s < 0)
            )
            assert KEY[form, "M7"][number] == right
            assert f"**{right}** of {of}" in key


@FORMS
def test_m8_by_orb(form):
    _, (side,), _, (square,) = given(form, "M8")
    asked = int(re.search(r"nfeatures=(\d+)", QUIZ[form, "M8"]).group(1))
    board = (np.indices((int(side),) * 2) // int(square)).sum(axis=0).astype(np.uint8) % 2 * 255
    found = cv2.ORB_create(nfeatures=asked).detect(board)
    assert KEY[form, "M8"] == [str(len(found))]
    assert (len(found) > asked) == (form == "A")
    octaves = [keypoint.octave for keypoint in found]
    assert octaves == sorted(octaves)


@FORMS
def test_m9_by_tossing(form):
    ((bits,),) = given(form, "M9")
    tossed = np.random.default_rng(0).integers(0, 2, (2, 20_000, int(bits)))
    apart = (tossed[0] != tossed[1]).sum(axis=1)
    mean, spread = map(float, KEY[form, "M9"])
    assert apart.mean() == pytest.approx(mean, abs=0.5)
    assert apart.std() == pytest.approx(spread, abs=0.2)


@FORMS
def test_m10_by_comparing(form):
    before, after = (words for words in given(form, "M10") if len(words) > 1)
    same = sum(a == b for a, b in zip(before, after, strict=True))
    assert KEY[form, "M10"] == [str(same), str(len({*before} & {*after}))]


@FORMS
def test_m11_by_scikit_learn(form):
    true, groups = (np.array(span, int) for span in given(form, "M11"))
    as_is, swapped = ((true == g).mean() for g in (groups, 1 - groups))
    index = adjusted_rand_score(true, groups)
    assert index == adjusted_rand_score(true, 1 - groups)
    told = [round(value, 2) for value in (as_is, swapped, index)]
    assert list(map(float, KEY[form, "M11"])) == (told[1:] if form == "A" else told)


@FORMS
def test_m12_by_scikit_learn(form):
    points, *starts = (np.array(span) for span in given(form, "M12"))
    ends = [KMeans(2, init=start, n_init=1).fit(points).inertia_ for start in starts]
    assert list(map(float, KEY[form, "M12"])) == pytest.approx(ends)
    assert ends[0] > ends[1]


@FORMS
def test_m13_by_scikit_learn(form):
    (n,), (inertia,) = given(form, "M13")
    points = np.random.default_rng(0).normal(size=(int(n), 2))
    assert KMeans(int(n), n_init=1).fit(points).inertia_ == pytest.approx(0)
    times = {"A": 2, "B": 3}[form]
    once, often = (KMeans(3, init=points[:3], n_init=1).fit(p).inertia_ for p in
                   (points, np.tile(points, (times, 1))))  # fmt: skip
    assert often == pytest.approx(times * once)
    assert list(map(float, KEY[form, "M13"])) == [0, times * inertia]


@pytest.mark.slow
@FORMS
def test_m14_by_kneed(form):
    (n,), (draws,), (top,) = given(form, "M14")
    elbows = {10: [], int(top): []}
    for seed in range(int(draws)):
        points = np.random.default_rng(seed).uniform(size=(int(n), {"A": 2, "B": 3}[form]))
        curve = []
        for k in range(1, int(top) + 1):
            model = KMeans(k, n_init=1, random_state=0).fit(points)
            gaps = points - model.cluster_centers_[model.labels_]
            curve.append(np.linalg.norm(gaps, axis=1).mean())
        for end, found in elbows.items():
            knee = KneeLocator(
                range(1, end + 1), curve[:end], curve="convex", direction="decreasing"
            )
            found.append(knee.elbow)
    count, *medians = map(float, KEY[form, "M14"])
    assert sum(elbow is not None for elbow in elbows[int(top)]) == count
    if form == "A":
        middle = [np.median([k for k in found if k]) for found in elbows.values()]
        assert medians == pytest.approx(middle, abs=1)  # other versions start K-means elsewhere


@FORMS
def test_m15_by_pythagoras(form):
    photo, own, other = (np.array(span[0]) for span in given(form, "M15"))
    in_picture = [np.linalg.norm((photo - center)[:2]) for center in (other, own)]
    in_truth = [np.linalg.norm(photo - center) for center in (own, other)]
    assert KEY[form, "M15"] == [f"{distance:.2f}" for distance in (*in_picture, *in_truth)]
    assert in_picture[0] < in_picture[1]
    assert in_truth[0] < in_truth[1]
