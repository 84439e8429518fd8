"""Sums that never round: exact against Python's integers, refused where they might not be."""

from __future__ import annotations

import fractions

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegroup import exact
from imagegroup.exact import (
    EXPONENT,
    LENGTH_BITS,
    Grid,
    check_blas,
    choose_grid,
    gram_matrix,
    product,
    squared_distances,
    whole_sum,
)


def whole(rng, shape, bits):
    return np.rint(rng.uniform(-(2.0**bits), 2.0**bits, shape))


@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 300), st.integers(1, 9)),
    bits=st.tuples(st.integers(0, 26), st.integers(0, 26)),
    kind=st.sampled_from([np.float32, np.float64]),
)
@settings(max_examples=150, deadline=None)
def test_a_product_is_that_of_integers_or_is_refused(seed, shape, bits, kind):
    rng = np.random.default_rng(seed)
    n, d, m = shape
    a = whole(rng, (n, d), bits[0]).astype(kind)
    b = whole(rng, (d, m), bits[1]).astype(kind)
    true = a.astype(np.int64).astype(object) @ b.astype(np.int64).astype(object)
    try:
        found = product(a, b)
    except OverflowError:
        assert d * 2.0 ** sum(bits) > 2**52
    else:
        assert [[int(x) for x in row] for row in found.tolist()] == true.tolist()


@pytest.mark.parametrize(("largest", "kind"), [(2**11, np.float32), (2**12 + 1, np.float64)])
def test_the_type_is_the_smallest_that_is_surely_exact(largest, kind):
    row = np.full((1, 4), float(largest))  # 4 x 2**22 = 2**24
    assert product(row, row.T).dtype == kind
    assert product(row, row.T).item() == 4 * largest**2


def test_a_product_that_float64_cannot_hold_is_refused():
    with pytest.raises(OverflowError, match=r"expected at most 2\*\*53"):
        product(np.full((1, 2), 2.0**26), np.full((2, 1), 2.0**26 + 1))


def test_cancelling_terms_do_not_hide_a_partial_sum_that_rounds():
    row = np.array([[2.0**53, 1, -(2.0**53)]])
    with pytest.raises(OverflowError):
        product(row, np.ones((3, 1)))


def as_bfloat16(values):
    return (values.astype(np.float32).view(np.uint32) & 0xFFFF0000).view(np.float32)


def as_tensor_float(values):
    return (values.astype(np.float32).view(np.uint32) & 0xFFFFE000).view(np.float32)


@pytest.mark.parametrize("lose", [as_bfloat16, as_tensor_float, np.float32])
def test_a_blas_that_rounds_on_the_way_is_refused(lose):
    check_blas(np.matmul)
    with pytest.raises(ArithmeticError, match="at reduced precision"):
        check_blas(lambda a, b: lose(a) @ lose(b))


def test_the_checksum_finds_a_single_wrong_product(monkeypatch):
    vectors = np.random.default_rng(0).integers(0, 256, (9, 40)).astype(np.uint8)
    gram_matrix(vectors, Grid(0))

    def off_by_one(a, b):
        found = product(a, b)
        found[2, 5] += 1
        return found

    monkeypatch.setattr(exact, "product", off_by_one)
    with pytest.raises(ArithmeticError, match="checksum"):
        gram_matrix(vectors, Grid(0))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.integers(0, 30))
def test_a_sum_of_steps_is_exact_in_every_order(values, exponent):
    steps = [round(fractions.Fraction(v) * 2**exponent) for v in values]  # halves to even, too
    expected = sum(steps) / fractions.Fraction(2) ** exponent
    assert whole_sum(np.array(values), exponent) == float(expected)
    assert whole_sum(np.array(values[::-1]), exponent) == float(expected)


def test_bytes_and_our_own_vectors_stay_as_they_are():
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (5, 1_024)).astype(np.uint8)
    ours = rng.integers(-900, 900, (5, 60)) / np.float32(2**EXPONENT)
    assert choose_grid(grey).exponent == 0
    assert choose_grid(ours).exponent == EXPONENT
    for vectors in (grey, grey.astype(np.float32), ours):
        grid = choose_grid(vectors)
        assert np.array_equal(np.ldexp(grid.steps(vectors), -grid.exponent), vectors)


@given(
    seed=st.integers(0, 999), n=st.integers(1, 12), d=st.integers(1, 30), scale=st.floats(-30, 30)
)
@settings(max_examples=60, deadline=None)
def test_other_vectors_are_within_half_a_step_and_their_squares_fit(seed, n, d, scale):
    vectors = np.random.default_rng(seed).normal(size=(n, d)) * 10**scale
    grid = choose_grid(vectors)
    steps = grid.steps(vectors)
    assert np.array_equal(steps, np.rint(steps))
    assert np.linalg.norm(steps, axis=1).max() <= 2**LENGTH_BITS
    back = np.ldexp(steps, -grid.exponent) + grid.origin
    assert np.abs(back - vectors).max() <= np.ldexp(0.5001, -grid.exponent)


def test_products_and_distances_are_numpys():
    vectors = np.random.default_rng(0).integers(-50, 50, (8, 2_000)).astype(float)
    gram = gram_matrix(vectors, choose_grid(vectors))
    assert np.array_equal(gram, vectors @ vectors.T)
    plain = ((vectors[:, None] - vectors) ** 2).sum(axis=2)
    assert np.array_equal(squared_distances(gram), plain)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(odd):
    with pytest.raises(ValueError, match="not finite"):
        choose_grid(np.array([[0.5, odd]]))
