"""Curves over disturbances, and precision against recall: what is drawn is what was given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from imagegroup import plots

AMOUNTS = [0, 15, 45]
CURVES = {
    "ORB": np.array([[0.9, 0.8, 1.0], [0.6, 0.5, 0.7], [0.5, 0.3, 0.7]]),
    "SIFT": np.array([[0.8, 0.7, 0.9], [np.nan, np.nan, np.nan], [0.2, np.nan, np.nan]]),
    "FAST + BRIEF": np.array([[0.7, 0.6, 0.8], [0.1, 0.0, 0.2], [0.0, 0.0, 0.0]]),
}


@pytest.fixture
def ax():
    """Give axes in our style, closed after the test."""
    yield plots.new_axes(6, 3)
    plt.close("all")


def looks(ax):
    return [(line.get_linestyle(), line.get_marker()) for line in ax.lines]


def test_means_and_intervals_are_those_given(ax):
    plots.robustness_curves(AMOUNTS, CURVES, ax=ax, xlabel="degrees", ylabel="score")
    for line, bars, rows in zip(ax.lines, ax.collections, CURVES.values(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), rows[:, 0])
        ends = np.array([bar[:, 1] for bar in bars.get_segments() if len(bar)])
        known = rows[~np.isnan(rows[:, 1]), 1:]
        np.testing.assert_array_equal(ends[~np.isnan(ends[:, 0])], known)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "15", "45"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(CURVES)


def test_no_interval_hides_another_and_each_keeps_to_its_amount(ax):
    plots.robustness_curves(AMOUNTS, CURVES, ax=ax, xlabel="degrees", ylabel="score")
    places = np.array([line.get_xdata() for line in ax.lines])
    assert np.all(np.diff(places, axis=0) > 0.03)
    np.testing.assert_array_equal(np.rint(places), [[0, 1, 2]] * 3)
    np.testing.assert_allclose(places.mean(axis=0), [0, 1, 2], atol=1e-12)


def test_methods_differ_in_line_and_marker(ax):
    plots.robustness_curves(AMOUNTS, CURVES, ax=ax, xlabel="degrees", ylabel="score")
    lines, markers = zip(*looks(ax), strict=True)
    assert len(set(lines)) == len(set(markers)) == 3


def test_precision_and_recall_are_those_given_in_the_same_looks(ax):
    recall = np.linspace(0.01, 0.9, 40)
    curves = {name: (recall / i, 1 - recall / 3) for i, name in enumerate(CURVES, 1)}
    plots.precision_recall_curves(curves, ax=ax)
    for line, (x, y) in zip(ax.lines, curves.values(), strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.column_stack([x, y]))
    other = plots.new_axes(6, 3)
    plots.robustness_curves(AMOUNTS, CURVES, ax=other, xlabel="degrees", ylabel="score")
    assert looks(ax) == looks(other)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("recall", "precision")


def test_one_curve_needs_no_legend_and_no_match_no_curve(ax):
    plots.robustness_curves(AMOUNTS, {"ORB": CURVES["ORB"]}, ax=ax, xlabel="x", ylabel="y")
    assert ax.get_legend() is None
    other = plots.new_axes(3, 3)
    plots.precision_recall_curves({"ORB": (np.zeros(0), np.zeros(0))}, ax=other)
    assert len(other.lines[0].get_xdata()) == 0
