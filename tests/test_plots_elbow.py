"""The figures of the elbow show the numbers they were given."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from imagegroup import plots
from imagegroup.scratch.knee import find_knee

BENT = find_knee([1, 2, 3, 4, 5, 6], [10, 5, 1, 0.6, 0.3, 0])
STRAIGHT = find_knee([1, 2, 3, 4], [3, 2, 1, 0])


@pytest.fixture
def ax():
    yield plots.new_axes(5, 3)
    plt.close("all")


def line(ax, label):
    return next(x for x in ax.lines if x.get_label() == label).get_xydata()


@pytest.mark.parametrize("knee", [BENT, STRAIGHT], ids=["bent", "straight"])
@pytest.mark.parametrize("step", range(1, 7))
def test_each_step_draws_its_curve(knee, step, ax):
    curves = [knee.y, knee.unit_y, knee.turned_y, *[knee.difference] * 3]
    assert plots.knee_step(knee, step, ax=ax) is ax
    assert np.array_equal(ax.lines[0].get_ydata(), curves[step - 1])
    assert ax.get_title().startswith(f"{step}.")


def test_the_marks_of_the_steps(ax):
    plots.knee_step(BENT, 4, ax=ax)
    assert line(ax, "maximum")[:, 0].tolist() == [0.4]  # the third of six
    assert line(ax, "minimum")[:, 0].tolist() == [0, 1]
    ax.clear()
    plots.knee_step(BENT, 6, ax=ax)
    assert np.unique(line(ax, "threshold")[2:5, 1]).round(3).tolist() == [0.3]  # 0.5 - 1 / 5
    assert line(ax, "first below it")[0].round(3).tolist() == [0.8, 0.17]


def test_a_curve_marks_its_choice_or_nothing(ax):
    plots.k_curve([1, 2, 3], [5, 6, 7], 2, ax=ax)
    assert ax.lines[1].get_xdata()[0] == 2
    ax.clear()
    plots.k_curve([1, 2, 3], [5, 6, 7], None, ax=ax)
    assert len(ax.lines) == 1


def test_bars_count_choices_and_none(ax):
    plots.choice_bars([3, 3, None, 5], range(1, 7), ax=ax)
    heights = [bar.get_height() for bar in ax.patches]
    assert heights == [0, 0, 2, 0, 1, 0, 1]  # the last is none
    assert ax.get_xticklabels()[0].get_text() == "none"


def test_the_strip_rings_every_choice_and_counts_agreement(ax):
    curves = {"a": [0, 5, 1], "b": [np.nan, 1, 3], "c": [2, 2, 2]}
    plots.criteria_strip([1, 2, 3], curves, {"a": 2, "b": 2, "c": None}, ax=ax)
    assert [ring.get_xydata()[0].tolist() for ring in ax.lines] == [[2, 0], [2, 1]]
    assert [text.get_text() for text in ax.texts] == ["2", "2", "none"]
    assert ax.get_title() == "2 answers: 2, none"
    shades = ax.collections[0].get_array()
    assert np.ma.filled(shades, -1)[0].tolist() == [0, 1, 0.2]


def test_the_strip_says_when_all_agree(ax):
    plots.criteria_strip([1, 2], {"a": [0, 1], "b": [1, 2]}, {"a": 2, "b": 2}, ax=ax)
    assert ax.get_title() == "all say 2"


def test_scatter_draws_the_first_two_columns(ax):
    points = np.arange(12.0).reshape(4, 3)
    plots.coordinate_scatter(points, ax=ax)
    assert np.array_equal(ax.lines[0].get_xydata(), points[:, :2])
