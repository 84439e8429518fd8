"""Stability: are the groups found again when some images are left out?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from imagegroup.stability import _ari_where_both_saw, stability


def test_stability_tells_groups_from_noise():
    rng = np.random.default_rng(0)
    places = np.repeat([[0, 0, 0], [40, 0, 0], [0, 40, 0]], 20, axis=0)
    clumps = places + rng.normal(size=(60, 3))
    noise = rng.uniform(size=(60, 3))
    assert stability(clumps, 3) == 1
    assert stability(clumps, 5) < 0.9
    assert stability(noise, 3) < 0.8
    assert stability(noise, 3) == stability(noise, 3)
    assert stability(noise, 3, random_state=1) != stability(noise, 3)
    assert stability(clumps, 3, n_init=1) == pytest.approx(stability(3 * clumps + 7, 3, n_init=1))


def test_stability_compares_only_what_both_fits_saw():
    """Every image is a group of its own: any two fits agree on the images that both saw."""
    assert stability(np.arange(10.0)[:, None], 8, share=0.8) == 1


@given(
    st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=3, max_size=40).filter(
        lambda rows: sum(min(row) >= 0 for row in rows) > 1
    )
)
@settings(max_examples=200, deadline=None)
def test_agreement_is_sklearns_score_of_what_both_saw(rows):
    a, b = np.array(rows).T
    both = (a >= 0) & (b >= 0)
    assert _ari_where_both_saw(a, b) == pytest.approx(adjusted_rand_score(a[both], b[both]))


@pytest.mark.parametrize("wrong", [{"k": 9}, {"k": 0}, {"resamples": 1}, {"share": 0.5}])
def test_stability_refuses_what_cannot_be(wrong):
    with pytest.raises(ValueError, match="of 10 images: expected"):
        stability(np.eye(10), **{"k": 2} | wrong)
