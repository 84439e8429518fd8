"""Figures of vectors: what is drawn is what was given."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from imagegroup import plots
from imagegroup.plots.features import BLUE, ORANGE


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_near_and_far_puts_each_distance_in_the_row_of_its_name(ax):
    rows = {"cat": (0.2, np.array([1.0, 1.1])), "dog": (0.9, np.array([0.8]))}
    assert plots.near_and_far(rows, ax=ax, own="the same cat") is ax
    drawn = {(line.get_marker(), *point) for line in ax.lines for point in line.get_xydata()}
    rings = {("o", 1.0, 0), ("o", 1.1, 0), ("o", 0.8, 1)}
    assert drawn == rings | {("D", 0.2, 0), ("D", 0.9, 1)}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog"]
    bottom, top = ax.get_ylim()
    assert bottom > 1 > 0 > top, "the first name stands above the second, both inside"
    assert ax.get_xlim()[0] == 0, "cut off at the left, distances would look larger than they are"
    assert "the same cat" in ax.get_xlabel()


def test_points_are_numbered_in_their_order(ax):
    points = np.array([[5, 9], [30, 2], [7, 7]])
    plots.numbered_points(np.zeros((20, 40), np.uint8), points, ax=ax)
    assert [(note.get_text(), *note.xy) for note in ax.texts] == [
        ("0", 5, 9), ("1", 30, 2), ("2", 7, 7)
    ]  # fmt: skip
    assert np.array_equal(ax.lines[0].get_xydata(), points)


def test_every_move_is_counted_the_far_ones_at_the_ends(ax):
    plots.place_histogram(np.array([0, 0, 3, -2, 500, -99, 4, 4]), ax=ax, reach=4)
    bars = [bar for bar in ax.patches if to_rgb(bar.get_facecolor()) == to_rgb(BLUE)]
    heights = {round(bar.get_x() + 0.5): bar.get_height() for bar in bars if bar.get_height()}
    assert heights == {0: 2, 3: 1, -2: 1, 4: 3, -4: 1}
    assert texts(ax) == ["2 stayed"]
    (same,) = (bar for bar in ax.patches if to_rgb(bar.get_facecolor()) == to_rgb(ORANGE))
    assert same.get_height() == 2


def test_patches_lie_in_their_row_and_block(ax):
    grey = [np.full((5, 5), value, np.uint8) for value in (10, 20, 30, 40)]
    rows = {"word 3": [grey[:2], grey[2:3]], "word 8": [[], grey[3:]]}
    plots.patch_table(rows, ["one", "two"], ax=ax)
    sheet = np.asarray(ax.images[0].get_array())
    names = dict(zip(rows, ax.get_yticks(), strict=True))
    blocks = dict(zip(("one", "two"), ax.get_xticks(), strict=True))
    found = {value: np.argwhere(sheet == value).mean(axis=0) for value in (10, 20, 30, 40)}
    for value, name in ((10, "word 3"), (20, "word 3"), (30, "word 3"), (40, "word 8")):
        assert (sheet == value).sum() == 25
        assert abs(found[value][0] - names[name]) < 1
    assert found[10][1] < blocks["one"] < found[20][1] < found[30][1] < blocks["two"]
    assert found[40][1] == found[30][1]
    assert (sheet == 235).sum() == 4 * 25, "4 of 8 places are empty"


def test_a_table_without_any_patch_can_be_drawn(ax):
    plots.patch_table({"word 0": [[], []]}, ["one", "two"], ax=ax)
    assert (np.asarray(ax.images[0].get_array()) == 235).any()


def test_word_bars_fill_what_both_have(ax):
    above, below = np.array([3.0, 0, 2]), np.array([1.0, 4, 2])
    plots.word_bars(above, below, ("up", "down"), ax=ax)
    heights = [[bar.get_height() for bar in box] for box in ax.containers]
    assert heights == [[3, 0, 2], [1, 0, 2], [-1, -4, -2], [-1, 0, -2]]
    assert texts(ax) == ["up", "down"]


def test_arrows_are_the_sums_of_the_residuals(ax):
    words = np.array([[0.0, 0], [10, 10]])
    points = np.array([[1.0, 0], [0, 2], [10, 9]])
    plots.residuals(points, words, np.array([0, 0, 1]), ax=ax)
    arrows = [(tuple(note.xyann), tuple(note.xy)) for note in ax.texts]
    assert arrows == [((0, 0), (1, 2)), ((10, 10), (10, 9))]
    thin = {tuple(line.get_xydata().ravel()) for line in ax.lines if len(line.get_xydata()) == 2}
    assert {(0, 0, 1, 0), (0, 0, 0, 2), (10, 10, 10, 9)} <= thin


def test_equal_vectors_lie_on_the_line(ax):
    values = np.array([-0.5, 0.25, 1.0])
    plots.number_scatter(values, values, ("one", "two"), ax=ax)
    assert np.array_equal(ax.collections[0].get_offsets(), np.stack([values, values], axis=1))
    line = ax.lines[0].get_xydata()
    assert np.array_equal(line[:, 0], line[:, 1])
    assert ax.get_xlim() == ax.get_ylim()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("one", "two")


def test_the_distance_map_parts_the_groups(ax):
    distances = np.arange(25.0).reshape(5, 5) + 7
    plots.distance_map(distances, ["a", "a", "b", "c", "c"], ax=ax, black=0.5)
    image = ax.images[0]
    assert np.array_equal(image.get_array(), distances)
    assert image.get_clim() == (15.5, 31)
    across = sorted({tuple(line.get_ydata()) for line in ax.lines if line.get_xdata()[0] == 0})
    assert across == [(1.5, 1.5), (2.5, 2.5)]


def test_seed_dots_show_every_seed_and_the_best_baseline(ax):
    scores = {"good": [0.9, 1.0, 0.8], "low": [0.1, 0.3], "lower": [-0.1, 0.1]}
    plots.seed_dots(scores, ax=ax, baselines=("low", "lower"))
    dots = [line for line in ax.lines if line.get_marker() in ("o", "s")]
    assert [sorted(line.get_xdata()) for line in dots] == [sorted(v) for v in scores.values()]
    assert [line.get_marker() for line in dots] == ["o", "s", "s"]
    assert texts(ax) == ["0.90", "0.20", "0.00"]
    (best,) = (line for line in ax.lines if line.get_linestyle() == "--")
    assert best.get_xdata()[0] == pytest.approx(0.2)
    left, right = ax.get_xlim()
    assert left < -0.1 < 1 < right


def test_without_baselines_no_line_stands(ax):
    plots.seed_dots({"one": [0.5]}, ax=ax)
    assert not [line for line in ax.lines if line.get_linestyle() == "--"]
