"""Differences against SciPy, plain restatements and known truth."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from imagegroup.compare import (
    CLAIMS,
    bootstrap_claims,
    compare_images,
    compare_seeds,
    false_claims,
    flip_signs,
    hold_many,
)
from imagegroup.evaluate import score_labels

SCORES = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=2, max_size=9).map(
    lambda pairs: np.array(pairs).T / 100
)


@given(SCORES)
@settings(max_examples=60, deadline=None)
def test_seeds_equal_scipys_paired_t(scores):
    a, b = scores
    found = compare_seeds(a, b)
    assert found.mean == pytest.approx((b - a).mean())
    if np.ptp(b - a) < 1e-9:  # SciPy gives nan
        assert found.p == (1 if abs(found.mean) < 1e-9 else 0)
        return
    theirs = stats.ttest_rel(b, a)
    interval = theirs.confidence_interval(0.95)
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.claimed == (theirs.pvalue <= 0.05)


@given(SCORES)
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_two_only_turns_the_sign(scores):
    one, other = compare_seeds(*scores), compare_seeds(*scores[::-1])
    assert (one.low, one.p, one.p_flips) == pytest.approx((-other.high, other.p, other.p_flips))


def test_sign_flips_equal_scipys_exact_test():
    gains = np.array([0.3, 0.1, -0.05, 0.2, 0.25, 0.02])
    theirs = stats.permutation_test(
        (gains,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert flip_signs(gains) == pytest.approx(theirs.pvalue)
    assert flip_signs([1, 1, 1, 1, 1]) == 2 / 2**5


def test_many_pairs_are_flipped_at_random_and_repeat():
    gains = np.random.default_rng(0).normal(0.5, size=30)
    assert flip_signs(gains) == flip_signs(gains)
    assert 0 < flip_signs(gains) < 0.1
    assert flip_signs(-gains) == pytest.approx(flip_signs(gains))


def holm_by_hand(ps):
    """The smallest p times m, the next times m - 1 ..., never below the one before, at most 1."""
    order = np.argsort(ps, kind="stable")
    steps = [min(1, (len(ps) - rank) * ps[i]) for rank, i in enumerate(order)]
    held = np.empty(len(ps))
    held[order] = list(itertools.accumulate(steps, max))
    return held


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_holm(ps):
    one = compare_seeds([0.5, 0.6, 0.7], [0.6, 0.8, 0.7])
    differences = [one.__class__(**{**one.__dict__, "p": p}) for p in ps]
    held = hold_many(differences)
    assert [d.p for d in held] == pytest.approx(holm_by_hand(ps))
    assert [d.claimed for d in held] == [d.p <= 0.05 for d in held]


def test_it_says_what_it_asked_and_when_nothing_is_seen():
    none = str(compare_seeds([0.5, 0.7, 0.6], [0.7, 0.5, 0.6]))
    assert none.startswith("again on these photos: no difference seen (")
    assert none.endswith("3 seeds)")
    lower = compare_seeds([0.8, 0.82, 0.81], [0.5, 0.5, 0.5])
    assert str(lower).startswith("again on these photos: lower (-0.310")
    true = np.repeat([0, 1, 2], 10)
    same = compare_images(true, true[None], true[None])
    assert str(same).startswith("on other photos: no difference seen (+0.000")
    assert str(same).endswith("30 images)")


@pytest.mark.slow
def test_images_agree_with_drawing_new_photos():
    """The standard error is the spread of the difference over new sets of photos."""
    rng = np.random.default_rng(0)

    def draw(n=100):
        """True labels, and two ways to group that are right for 9 and 7 of 10 photos."""
        true = rng.integers(0, 3, n)
        wrong = rng.integers(0, 3, (2, n))
        return true, *np.where(rng.random((2, n)) < [[0.85], [0.55]], true, wrong)

    gains, reaches = [], []
    for _ in range(30):
        true, good, poor = draw()
        gains.append(score_labels(true, poor).accuracy - score_labels(true, good).accuracy)
        found = compare_images(true, good, poor, "accuracy", halves=25)
        assert found.mean == pytest.approx(gains[-1])
        reaches.append((found.high - found.low) / 2 / stats.t.ppf(0.975, 99))
    assert np.mean(reaches) == pytest.approx(np.std(gains, ddof=1), rel=0.35)


def test_images_average_over_the_runs():
    true = np.repeat([0, 1], 10)
    other = np.arange(20) % 2
    found = compare_images(true, np.array([true, other]), np.array([true]), halves=20)
    expected = 1 - (1 + score_labels(true, other).ari) / 2
    assert found.mean == pytest.approx(expected)


def test_the_bootstrap_claims_three_times_too_much_at_five_seeds():
    shares = false_claims(5, repeats=1_000)
    assert set(shares) == set(CLAIMS)
    assert 0.13 < shares["percentile bootstrap"] < 0.20
    assert 0.03 < shares["t interval"] < 0.07
    assert shares["sign flips"] == 0  # 2 / 2**5 = 0.0625 is the smallest p of five pairs
    assert false_claims(8, repeats=300)["sign flips"] < 0.08


def test_the_bootstrap_equals_scipys():
    for seed in range(5):
        gains = np.random.default_rng(seed).normal(0.3, size=8)
        theirs = stats.bootstrap((gains,), np.mean, method="percentile", n_resamples=20_000)
        low, high = theirs.confidence_interval
        if min(abs(low), abs(high)) > 0.03:  # not on the edge, where resampling decides
            assert bootstrap_claims(gains, resamples=20_000) == (low > 0 or high < 0)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: compare_seeds([1], [1]), "at least 2 same seeds"),
        (lambda: compare_seeds([1, 2], [1, 2, 3]), "2 and 3 scores"),
        (lambda: compare_seeds([1, np.nan], [1, 2]), "expected one number"),
        (lambda: compare_images([0] * 5, [[0] * 5], [[0] * 5]), "at least 8 images"),
        (lambda: compare_images([0] * 9, [[0] * 8], [[0] * 9]), r"\(1, 8\)"),
    ],
)
def test_what_cannot_be_compared(call, said):
    with pytest.raises(ValueError, match=said):
        call()
