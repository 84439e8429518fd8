"""Sets of vectors without a best answer: many equal distances, equal variances, equal rows.

There the last bit decides. All numbers are whole multiples of 1 / 2048, so that every machine
gets the same ones to start with.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

STEP = 2.0**-11


def on_grid(values: np.ndarray) -> np.ndarray:
    """Round to whole steps, as float32."""
    return (np.rint(np.asarray(values) / STEP) * STEP).astype(np.float32)


def one() -> np.ndarray:
    """One vector: nothing to choose."""
    return on_grid(np.full((1, 40), 0.125))


def two() -> np.ndarray:
    """Two vectors, each of which may come first."""
    return on_grid(np.eye(2, 40))


def copies() -> np.ndarray:
    """Twelve times the same vector."""
    return on_grid(np.full((12, 40), 0.125))


def simplex() -> np.ndarray:
    """Twenty vectors, each as far from any other: all principal variances are equal."""
    return on_grid(np.eye(20))


def clumps() -> np.ndarray:
    """Four copies of each corner of a simplex."""
    return on_grid(np.repeat(np.eye(6, 30), 4, axis=0))


def ring() -> np.ndarray:
    """Twenty-four points on a circle: each cut is as good as the one beside it."""
    angle = 2 * np.pi * np.arange(24) / 24
    return on_grid(np.stack([np.cos(angle), np.sin(angle)], axis=1))


def mirrored() -> np.ndarray:
    """Fifteen rows of bits and the opposite of each."""
    bits = np.random.RandomState(0).randint(0, 2, (15, 256))
    return on_grid(np.concatenate([bits, 1 - bits]) / 16)


def cube() -> np.ndarray:
    """The 32 corners of a cube in five dimensions."""
    return on_grid(list(itertools.product((0, 0.5), repeat=5)))


def lattice() -> np.ndarray:
    """Six by six points of a square lattice, most distances several times."""
    return on_grid(np.array(list(itertools.product(range(6), repeat=2))) / 8)


def line() -> np.ndarray:
    """Thirty points at equal distances on a line, wide vectors of one direction."""
    return on_grid(np.arange(30)[:, None] * np.full(400, 1 / 512))


SETS: dict[str, Callable[[], np.ndarray]] = {
    function.__name__: function
    for function in (one, two, copies, simplex, clumps, ring, mirrored, cube, lattice, line)
}
