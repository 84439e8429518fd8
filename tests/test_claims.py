"""How often differences are claimed, on runs of the hard album that were made with many seeds."""

from __future__ import annotations

import numpy as np
import pytest

from imagegroup.compare import compare_seeds
from imagegroup.recipes import DEFAULT
from imagegroup.samples import make_album
from imagegroup.sweeps import sweep_recipes

KEYPOINTS = DEFAULT.with_values(grid_step=0, colour=0, n_words=64, k=12)
"""Keypoints alone, since the grid and the colour would group the album by themselves; and 64 words,
with which 50 keypoints are worse than 1,000 by more than twice the spread of the seeds."""
POOL, REPEATS = 20, 100


@pytest.fixture(scope="module")
def scores(tmp_path_factory) -> dict[int, np.ndarray]:
    """ARI of 20 seeds for each number of features."""
    album = make_album(tmp_path_factory.mktemp("album") / "hard", "hard")
    table = sweep_recipes(album, {"n_features": [50, 1000]}, KEYPOINTS, seeds=POOL, jobs=1)
    return {n: runs["ari"].to_numpy() for n, runs in table.groupby("n_features")}


def fives() -> list[np.ndarray]:
    """Two disjoint sets of five seeds, a hundred times."""
    rng = np.random.default_rng(0)
    return [rng.permutation(POOL)[:10].reshape(2, 5) for _ in range(REPEATS)]


@pytest.mark.slow
@pytest.mark.parametrize("n_features", [50, 1000])
def test_a_difference_that_is_none_is_rarely_claimed(scores, n_features):
    same = scores[n_features]
    assert len(set(same)) > 1
    assert sum(compare_seeds(same[a], same[b]).claimed for a, b in fives()) <= 11


@pytest.mark.slow
def test_a_planted_difference_is_found(scores):
    found = [compare_seeds(scores[50][a], scores[1000][a]) for a, _ in fives()]
    assert sum(d.claimed and d.mean > 0 for d in found) >= 90
