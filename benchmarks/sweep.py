"""The sweep over k = 1..20 on the post's vectors, against the post's way, with one thread each."""

from __future__ import annotations

import cv2
import numpy as np
import plain_post
from make_images import make_photo
from measure import race, say_speedup
from threadpoolctl import threadpool_limits

from imagegroup import OrbParams
from imagegroup.clusters import sweep_k
from imagegroup.orb import extract_descriptors

BARS = {100: 25, 300: 25, 1_000: 10}
ORB = OrbParams(n_features=800, edge_threshold=0, fast_threshold=0)


def flattened(count: int) -> np.ndarray:
    """Give the concatenated descriptors of generated photos that have exactly 800 keypoints."""
    rows, seed = [], 0
    while len(rows) < count:
        descriptors = extract_descriptors(
            cv2.cvtColor(make_photo(480, seed), cv2.COLOR_RGB2GRAY), ORB
        )
        if len(descriptors) == 800:
            rows.append(descriptors.ravel())
        seed += 1
    return np.array(rows)


def check_labels(theirs: tuple, ours) -> None:
    """Stop unless the labels are equal for every k, and the distortions to rounding."""
    labels, distortions = theirs
    assert np.array_equal(labels, ours.labels)
    assert np.allclose(distortions, ours.distortions)


def main(repeats: int) -> None:
    """Print a row for each number of images."""
    every = flattened(max(BARS))
    for count, bar in BARS.items():
        vectors, numbers = every[:count], every[:count].astype(float)
        with threadpool_limits(1):
            theirs, ours = race(
                lambda numbers=numbers: plain_post.sweep(numbers),
                lambda vectors=vectors: sweep_k(vectors, plain_post.KS),
                repeats,
                check_labels,
            )
        say_speedup(f"sweep, {count} images, same labels for every k", theirs, ours, bar, "cpu")
