"""Points in round groups, for the tests of K-means."""

from __future__ import annotations

import numpy as np


def blobs(n: int, d: int, k: int, seed: int = 0) -> np.ndarray:
    """Place n points in d dimensions around k centres, 4 from 0 in each, with a spread of 1."""
    rng = np.random.default_rng(seed)
    return rng.normal(rng.normal(0, 4, (k, d))[np.arange(n) % k], 1.0)
