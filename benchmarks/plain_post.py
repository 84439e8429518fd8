"""The post's method, stated plainly: what our ways of doing the same are measured against.

Nothing of imagegroup is in here, and nothing is done for speed. Images with other than exactly 800
keypoints are left out, as the post does; no image is deleted, and no folder is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from kneed import KneeLocator
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

KS = range(1, 21)


def read_vectors(paths: Iterable[Path]) -> tuple[list[Path], np.ndarray]:
    """Give the images that have 800 keypoints, and their concatenated descriptors as numbers."""
    orb = cv2.ORB_create(nfeatures=800, edgeThreshold=0, fastThreshold=0)
    kept, rows = [], []
    for path in paths:
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        _, descriptors = orb.detectAndCompute(image, None)
        if descriptors is not None and len(descriptors) == 800:
            kept.append(path)
            rows.append(descriptors.flatten())
    return kept, np.array(rows, float)


def sweep(vectors: np.ndarray, ks: Sequence[int] = KS) -> tuple[list[np.ndarray], list[float]]:
    """Give the labels and the distortion for every k."""
    labels, distortions = [], []
    for k in ks:
        model = KMeans(n_clusters=k, random_state=0).fit(vectors)
        distances = cdist(vectors, model.cluster_centers_, "euclidean")
        distortions.append(distances.min(axis=1).sum() / len(vectors))
        labels.append(model.labels_)
    return labels, distortions


def group(paths: Iterable[Path]) -> tuple[list[Path], list[np.ndarray], int | None, np.ndarray]:
    """Give the images, the labels for every k, the elbow, and the labels at the elbow."""
    kept, vectors = read_vectors(paths)
    ks = [k for k in KS if k <= len(vectors)]
    labels, distortions = sweep(vectors, ks)
    elbow = KneeLocator(ks, distortions, curve="convex", direction="decreasing").knee
    final = KMeans(n_clusters=elbow or 1, random_state=0).fit(vectors).labels_
    return kept, labels, elbow, final
