"""BRIEF: 256 questions "is this point darker than that one?" describe a patch.

Calonder et al., BRIEF: binary robust independent elementary features, ECCV 2010,
doi:10.1007/978-3-642-15561-1_56. Steering and the learned points: Rublee et al., ORB, ICCV 2011.
A pattern is an (n_tests, 2, 2) int array: test, point of the test, x and y from the centre in px.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from imagegroup.scratch.pyramid import smooth

N_POINTS = 512
TILE = 39
"""Side in px of a probe's tile: a point up to 15 px away and 3 px of blur, with a px to spare."""


def learned_pattern() -> np.ndarray:
    """Return ORB's own 256 pairs, learned for spread and independence, from `pattern31.csv`.

    Returns
    -------
    (256, 2, 2) int

    Examples
    --------
    >>> learned_pattern()[137].tolist()
    [[-13, -4], [-8, 9]]
    """
    table = Path(__file__).with_name("pattern31.csv")
    return np.loadtxt(table, int, delimiter=",", skiprows=1).reshape(-1, 2, 2)


def recover_pattern() -> np.ndarray:
    """Ask OpenCV for its 256 pairs, as one asks a black box: one image, one call of `compute`.

    Each tile of the image is flat but for one odd pixel, somewhere else in every tile. A bright
    pixel on black lights bit i when it lies within the blur (3 px) of the second point of test i,
    a dark one on grey when it lies near the first. Where these two 7 x 7 squares overlap they cut
    each other, so each point is read from the sides that look away from the other.

    Returns
    -------
    (256, 2, 2) int
        Equal to `learned_pattern()`.

    Examples
    --------
    >>> bool((recover_pattern() == learned_pattern()).all())
    True
    """
    pattern = np.zeros((256, 2, 2), int)
    for test, lit in enumerate(probe_bits()):
        places = [np.argwhere(square)[:, ::-1] - TILE // 2 for square in lit]
        first, second = (place.mean(axis=0) for place in places)
        for point, away in enumerate((first - second, second - first)):
            low, high = places[point].min(axis=0), places[point].max(axis=0)
            pattern[test, point] = np.where(away > 0, high - 3, low + 3)
    return pattern


def probe_bits() -> np.ndarray:
    """Describe with OpenCV one keypoint per tile of the image that `recover_pattern` tells of.

    Returns
    -------
    (256, 2, 39, 39) uint8
        Bit i when the odd pixel is dark on grey ([i, 0]) or bright on black ([i, 1]), by its row
        and column; the keypoint is at row 19, column 19. To be drawn as two squares for each bit.
    """
    tiles = np.zeros((2, TILE, TILE, TILE, TILE), np.uint8)
    tiles[0] = 240
    for y, x in np.ndindex(TILE, TILE):
        tiles[:, y, x, y, x] = 0, 255
    rows = 2 * TILE
    image = tiles.reshape(rows, TILE, TILE, TILE).swapaxes(1, 2).reshape(rows * TILE, -1)
    half = TILE // 2
    middles = [
        cv2.KeyPoint(column * TILE + half, row * TILE + half, 31, 0, 0, 0)
        for row, column in np.ndindex(rows, TILE)
    ]
    answers = cv2.ORB_create(nlevels=1, edgeThreshold=0).compute(image, middles)[1]
    return np.unpackbits(answers, axis=1, bitorder="little").T.reshape(256, 2, TILE, TILE)


def gaussian_pattern(n_bits: int = 256, sigma: float = 6.2, random_state: int = 0) -> np.ndarray:
    """Draw BRIEF's random pairs: first point around the centre, second around the first.

    First ~ N(0, sigma), second ~ N(first, sigma / 2), rounded to whole pixels; drawn again where
    a point leaves the 31 x 31 patch or a pair asks about one pixel twice.

    Parameters
    ----------
    n_bits : int, a multiple of 8; BRIEF's authors tried 128, 256 and 512
    sigma : float, px; 31 / 5 is what they found best
    random_state : int

    Returns
    -------
    (n_bits, 2, 2) int

    Examples
    --------
    >>> gaussian_pattern(128).shape
    (128, 2, 2)
    """
    rng = np.random.default_rng(random_state)
    pairs = np.zeros((0, 2, 2), int)
    while len(pairs) < n_bits:
        first = rng.normal(0, sigma, (n_bits, 2))
        second = rng.normal(first, sigma / 2)
        drawn = np.rint(np.stack([first, second], axis=1)).astype(int)
        inside = (np.abs(drawn) <= 15).all(axis=(1, 2))
        apart = (drawn[:, 0] != drawn[:, 1]).any(axis=1)
        pairs = np.concatenate([pairs, drawn[inside & apart]])
    return pairs[:n_bits]


def orb_pattern(patch_size: int = 31, wta_k: int = 2) -> np.ndarray:
    """Return the tests that OpenCV's ORB makes for these two parameters.

    The learned points serve a patch of 31 only; any other size gets 512 uniform pseudo-random
    ones. `wta_k` of 3 or 4 makes 128 tests of 3 or 4 of the same points, two bits each.

    Returns
    -------
    (256, 2, 2), (128, 3, 2) or (128, 4, 2) int

    Examples
    --------
    >>> orb_pattern(21, wta_k=3).shape, int(abs(orb_pattern(21)).max())
    ((128, 3, 2), 10)
    """
    points = learned_pattern().reshape(N_POINTS, 2)
    if patch_size != 31:
        half, draw = patch_size // 2, _random_numbers(0x34985739)
        points = np.array([(draw(-half, half + 1), draw(-half, half + 1)) for _ in points])
    if wta_k == 2:
        return points.reshape(-1, 2, 2)
    draw = _random_numbers(0x12345678)
    tests = np.zeros((128, wta_k, 2), int)
    for test in tests:
        chosen: list[list[int]] = []
        while len(chosen) < wta_k:
            point = points[draw(0, N_POINTS)].tolist()
            if point not in chosen:
                chosen.append(point)
        test[:] = chosen
    return tests


def _random_numbers(seed: int) -> Callable[[int, int], int]:
    """Return draw(low, high): OpenCV's generator, multiply with carry; `high` is left out."""
    state = seed

    def draw(low: int, high: int) -> int:
        nonlocal state
        state = (state & 0xFFFFFFFF) * 4164903690 + (state >> 32)
        return low + (state & 0xFFFFFFFF) % (high - low)

    return draw


def rotate_pattern(pattern: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Turn a pattern by each angle and round to whole pixels: steering. The image stays as it is.

    x' = x cos - y sin, y' = x sin + y cos, in float32.

    Parameters
    ----------
    pattern : (n_tests, k, 2) int
    angles : (n,) float, degrees

    Returns
    -------
    (n, n_tests, k, 2) int
        Offsets from the keypoint in px; up to sqrt(2) times as far out as the pattern.

    Examples
    --------
    >>> rotate_pattern(np.array([[[3, 0], [0, 1]]]), [0, 90]).tolist()
    [[[[3, 0], [0, 1]]], [[[0, 3], [-1, 0]]]]
    """
    radians = np.asarray(angles, np.float32) * np.float32(np.pi / 180)
    # cos of the double, then rounded: cos of the float32 has another last bit for some angles.
    cos, sin = (f(radians.astype(float)).astype(np.float32) for f in (np.cos, np.sin))
    cos, sin = cos[:, None, None], sin[:, None, None]
    x, y = np.moveaxis(pattern.astype(np.float32), -1, 0)
    turned = np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1)
    return np.rint(turned).astype(np.int32)


def read_points(
    level: np.ndarray, points: np.ndarray, offsets: np.ndarray, blur: bool = True
) -> np.ndarray:
    """Read the grey values that the tests compare.

    The level is blurred, but the mirrored border around it is not: so OpenCV does it.

    Parameters
    ----------
    level : (H, W) uint8
    points : (n, 2) int, x and y in px of the level
    offsets : (n, n_tests, k, 2) int, as `rotate_pattern` returns them
    blur : bool
        False reads single noisy pixels, to see what the blur is for.

    Returns
    -------
    (n, n_tests, k) uint8

    Examples
    --------
    >>> ramp = np.tile(np.arange(50, dtype=np.uint8), (50, 1))
    >>> offsets = rotate_pattern(np.array([[[-3, 0], [5, 0]]]), [0])
    >>> read_points(ramp, np.array([[20, 20]]), offsets).tolist()
    [[[17, 25]]]
    """
    reach = int(np.abs(offsets).max(initial=1))
    around = np.pad(level, reach, mode="reflect")
    if blur:
        around[reach:-reach, reach:-reach] = smooth(level)
    places = np.asarray(points)[:, None, None, :] + offsets + reach
    return around[places[..., 1], places[..., 0]]


def compare(values: np.ndarray) -> np.ndarray:
    """Turn grey values into bits: 1 when the first point of a pair is darker than the second.

    Equal values give 0, so a flat patch is all zeros. Of three or four points the index of the
    lightest is written as two bits, low one first; of equals the earlier wins, but for 4 points
    the winner of the last two passes on a tie with the first two.

    Parameters
    ----------
    values : (n, n_tests, k) uint8, as `read_points` returns them

    Returns
    -------
    (n, n_bits) uint8
        0 or 1; n_bits is n_tests for k = 2, else 2 n_tests.

    Examples
    --------
    >>> compare(np.array([[[10, 20], [20, 10], [20, 20]]])).tolist()
    [[1, 0, 0]]
    >>> compare(np.array([[[7, 9, 8], [7, 8, 9]]])).tolist()       # indices 1 and 2
    [[1, 0, 0, 1]]
    """
    if values.shape[2] == 2:
        return (values[..., 0] < values[..., 1]).astype(np.uint8)
    t = np.moveaxis(values, 2, 0)
    if len(t) == 3:
        index = np.where(t[2] > t[1], np.where(t[2] > t[0], 2, 0), t[1] > t[0])
    else:
        first_two = np.maximum(t[0], t[1]) > np.maximum(t[2], t[3])
        index = np.where(first_two, t[1] > t[0], 2 + (t[3] > t[2]))
    bits = np.stack([index & 1, index >> 1], axis=-1)
    return bits.reshape(len(values), 2 * values.shape[1]).astype(np.uint8)


def describe(
    level: np.ndarray,
    points: np.ndarray,
    angles: np.ndarray,
    pattern: np.ndarray,
    blur: bool = True,
) -> np.ndarray:
    """Describe patches: turn the pattern, read the points, compare them, pack eight bits a byte.

    Parameters
    ----------
    level : (H, W) uint8
    points : (n, 2) int, x and y in px of the level
    angles : (n,) float, degrees; zeros describe upright patches, as BRIEF does
    pattern : (n_tests, k, 2) int, any
    blur : bool

    Returns
    -------
    (n, n_bits / 8) uint8
        Bit i is bit i % 8, counted from the low end, of byte i // 8.

    Examples
    --------
    >>> flat = np.full((64, 64), 99, np.uint8)
    >>> int(describe(flat, np.array([[30, 30]]), [0], learned_pattern()).sum())
    0
    """
    values = read_points(level, points, rotate_pattern(pattern, angles), blur)
    return np.packbits(compare(values), axis=1, bitorder="little")
