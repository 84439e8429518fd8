"""Scenes: what a pair of photos costs, and a folder of a thousand."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import cv2
import numpy as np
from make_images import make_folder, make_photo
from measure import say_at_most

from imagegroup import SCENES, extract_features, group_images
from imagegroup.scenes import count_inliers

PAIRS = 200


def main(repeats: int, place: Path) -> None:
    """Print the milliseconds of a pair on one core, and the minutes of 1,000 photos on all."""
    photos = [cv2.cvtColor(make_photo(640, seed), cv2.COLOR_RGB2GRAY) for seed in range(40)]
    features = [extract_features(photo, SCENES.orb) for photo in photos]
    full = [one for one in features if len(one) >= SCENES.orb.n_features]
    rng = np.random.default_rng(0)
    pairs = np.array([rng.choice(len(full), 2, replace=False) for _ in range(PAIRS)])
    costs = []
    for _ in range(repeats):
        start = time.process_time()
        count_inliers(full, pairs, jobs=1)
        costs.append((time.process_time() - start) / PAIRS * 1e3)
    cost = statistics.median(costs)
    say_at_most("scenes, a pair of 1,000 keypoints, one core's time", cost, "ms", 15)
    folder = make_folder(place / "640-1000", 1_000, 640)
    start, cpu = time.perf_counter(), time.process_time()
    grouping = group_images(folder, SCENES)
    minutes = (time.perf_counter() - start) / 60
    beside = (
        f", {(time.process_time() - cpu) / 60:.1f} min of processors, "
        f"{len(grouping.scenes.pairs):,} pairs"
    )
    say_at_most("scenes, 1,000 photos of 640 px, whole job", minutes, "min", 6, beside)
