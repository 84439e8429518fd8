"""Matching from scratch against OpenCV's BFMatcher, on sets full of ties too."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagegroup.orb import OrbParams
from imagegroup.scratch import matching
from imagegroup.scratch.orb import extract_features

BYTES = st.binary(min_size=32, max_size=32)


def random_sets(seed: int, n_bytes: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Draw two sets of descriptors; few different bytes make many equal distances."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 60, 2)
    highest = int(rng.choice([2, 4, 256]))
    repeat = int(rng.choice([1, 8, n_bytes]))
    sets = (rng.integers(0, highest, (n, n_bytes // repeat), dtype=np.uint8) for n in sizes)
    first, second = (np.repeat(rows, repeat, axis=1) for rows in sets)
    return first, second


@given(BYTES, BYTES)
def test_hamming_is_the_number_of_ones_in_the_difference(first: bytes, second: bytes):
    difference = int.from_bytes(first, "big") ^ int.from_bytes(second, "big")
    rows = [np.frombuffer(data, np.uint8)[None] for data in (first, second)]
    assert matching.hamming(*rows).tolist() == [[difference.bit_count()]]


@pytest.mark.parametrize(("cell_bits", "norm"), [(1, cv2.NORM_HAMMING), (2, cv2.NORM_HAMMING2)])
def test_hamming_equals_opencv(cell_bits: int, norm: int):
    for seed in range(50):
        first, second = random_sets(seed)
        ours = matching.hamming(first, second, cell_bits)
        theirs = [[cv2.norm(a[None], b[None], norm) for b in second[:5]] for a in first]
        np.testing.assert_array_equal(ours[:, :5], theirs)


@pytest.mark.parametrize("ratio", [0.6, 0.75, 1.0])
def test_ratio_test_equals_opencv(ratio: float):
    kept = 0
    for seed in range(300):
        first, second = random_sets(seed)
        ours = matching.ratio_test(matching.hamming(first, second), ratio)
        pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(first, second, k=2)
        theirs = [
            (best.queryIdx, best.trainIdx)
            for best, *others in pairs
            if others and best.distance < ratio * others[0].distance
        ]
        assert [tuple(match) for match in ours.tolist()] == theirs
        kept += len(theirs)
    assert kept > 100


def test_cross_check_equals_opencv():
    kept = 0
    for seed in range(300):
        first, second = random_sets(seed)
        ours = matching.cross_check(matching.hamming(first, second))
        theirs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(first, second)
        assert ours.tolist() == [[match.queryIdx, match.trainIdx] for match in theirs], seed
        kept += len(theirs)
    assert kept > 1_000


def test_two_views_match_as_in_opencv(photo: np.ndarray):
    turned = np.ascontiguousarray(np.rot90(photo))
    params = OrbParams(n_features=300)
    first, second = (extract_features(view, params).descriptors for view in (photo, turned))
    distances = matching.hamming(first, second)
    theirs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(first, second)
    ours = matching.cross_check(distances)
    assert ours.tolist() == [[match.queryIdx, match.trainIdx] for match in theirs]
    assert len(ours) > 200
    assert np.median(distances[tuple(ours.T)]) <= 8


def test_nothing_to_match_gives_no_matches():
    none, one = np.zeros((0, 32), np.uint8), np.zeros((1, 32), np.uint8)
    for first, second in ((none, one), (one, none), (none, none)):
        distances = matching.hamming(first, second)
        assert distances.shape == (len(first), len(second))
        assert matching.ratio_test(distances).shape == (0, 2)
        assert matching.cross_check(distances).shape == (0, 2)
    assert matching.ratio_test(matching.hamming(one, one)).shape == (0, 2)
