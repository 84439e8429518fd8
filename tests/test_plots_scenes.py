"""Figures of scenes: what is drawn is what was given."""

from __future__ import annotations

import numpy as np

from imagegroup import plots


def test_links_are_drawn_from_photo_to_photo_and_the_marked_carry_their_number(ax):
    places = np.array([[0, 0], [1, 0], [1, 1], [np.nan, np.nan]])
    squares = np.full((4, 8, 8, 3), 99, np.uint8)
    pairs, inliers, marked = np.array([[0, 1], [1, 2]]), np.array([40, 9]), np.array([False, True])
    plots.scene_graph(places, squares, pairs, inliers, marked=marked, ax=ax)
    assert len(ax.images) == 3  # the photo without a link has no place
    drawn = [line.get_xydata().tolist() for line in ax.lines]
    assert drawn == [[[0, 0], [1, 0]], [[1, 0], [1, 1]]]
    assert ax.lines[0].get_linewidth() > ax.lines[1].get_linewidth()
    assert [text.get_text() for text in ax.texts] == ["9"]


def test_the_histogram_counts_every_pair_and_marks_the_threshold(ax):
    counts = {"strangers": np.array([0, 0, 3, 5]), "linked": np.array([12, 200])}
    plots.shared_histogram(counts, 8, ax=ax)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["strangers (4)", "linked (2)", "linked from 8"]
    heights = [patch.get_xy()[:, 1].max() for patch in ax.patches]
    assert heights == [2, 1]
    assert list(ax.lines[0].get_xdata()) == [9, 9]
    assert not any("$" in tick.get_text() for tick in ax.get_yticklabels())


def test_without_pairs_the_histogram_is_empty(ax):
    plots.shared_histogram({"strangers": np.zeros(0, int)}, 8, ax=ax)
    assert ax.get_legend().get_texts()[0].get_text() == "strangers (0)"
