"""CLASSIC against the post's algorithm, stated plainly with OpenCV, scikit-learn and kneed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from kneed import KneeLocator
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from imagegroup import CLASSIC, NoElbow, group_images


def the_posts_way(folder, ks=range(1, 21)):
    """Labels for every k, the k at the elbow, and the names, as the post's script finds them."""
    orb = cv2.ORB_create(nfeatures=800, edgeThreshold=0, fastThreshold=0)
    names, rows = [], []
    paths = [p for p in folder.rglob("*") if p.is_file()]
    for path in sorted(paths, key=lambda p: p.relative_to(folder).as_posix()):
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if image is None:
            continue
        _, descriptors = orb.detectAndCompute(image, None)
        if descriptors is not None and len(descriptors) == 800:
            names.append(path.relative_to(folder).as_posix())
            rows.append(descriptors.flatten())
    vectors = np.array(rows, float)
    labels, distortions = [], []
    for k in ks:
        with threadpool_limits(1):  # the same numbers, in less time on a busy machine
            model = KMeans(n_clusters=k, random_state=0).fit(vectors)
        nearest = cdist(vectors, model.cluster_centers_, "euclidean").min(axis=1)
        distortions.append(nearest.sum() / len(vectors))
        labels.append(model.labels_)
    elbow = KneeLocator(list(ks), distortions, curve="convex", direction="decreasing").knee
    return names, labels, distortions, elbow


@pytest.mark.parametrize(
    ("name", "k"),
    [
        pytest.param("views", 1, marks=pytest.mark.slow),
        ("cats_cars", 2),
        pytest.param("simple3", 7, marks=pytest.mark.slow),
        pytest.param("corel10", 4, marks=pytest.mark.slow),
    ],
)
def test_same_labels_for_every_k_and_the_same_elbow(shared, name, k):
    folder = shared(name)
    names, labels, distortions, elbow = the_posts_way(folder)
    grouping = group_images(folder, CLASSIC)
    assert elbow == k == grouping.k
    featured = grouping.labels >= 0
    assert [p for p, f in zip(grouping.paths, featured, strict=True) if f] == names
    for row, plain in enumerate(labels):
        assert np.array_equal(grouping.sweep.labels[row], plain), f"k = {row + 1}"
    assert np.allclose(grouping.sweep.distortions, distortions)
    assert np.array_equal(grouping.labels[featured], labels[k - 1])


def test_other_than_exactly_800_keypoints_is_kept_without_a_group(tmp_path):
    rng = np.random.default_rng(0)
    orb = cv2.ORB_create(nfeatures=800, edgeThreshold=0, fastThreshold=0)
    pictures = {
        "more.png": np.tile(rng.integers(0, 256, (24, 24), np.uint8), (16, 16)),  # ties are kept
        "fewer.png": cv2.GaussianBlur(rng.integers(0, 256, (60, 60), np.uint8), (9, 9), 3),
    }
    for i in range(25):
        pictures[f"noise{i}.png"] = rng.integers(0, 256, (200, 200), np.uint8)
    for name, pixels in pictures.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    assert len(orb.detect(pictures["more.png"])) > 800
    assert 0 < len(orb.detect(pictures["fewer.png"])) < 800
    grouping = group_images(tmp_path, CLASSIC.with_values(k=3))
    labels = dict(zip(grouping.paths, grouping.labels, strict=True))
    assert labels["more.png"] == labels["fewer.png"] == -1
    assert sum(label >= 0 for label in labels.values()) == 25
    assert not grouping.vectors[grouping.labels == -1].any()


def test_the_last_point_decides_on_cats_and_cars(shared):
    # The post's text says 1 to 20, its code stops at 19: there it finds no elbow at all.
    with pytest.raises(NoElbow, match=r"no elbow found for k = 1\.\.19") as stopped:
        group_images(shared("cats_cars"), CLASSIC.with_values(ks=range(1, 20)))
    assert len(stopped.value.sweep.ks) == 19
