"""The figures of K-means show what they are given: groups, changes, ways, inertias."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from imagegroup import plots
from imagegroup.scratch.kmeans import lloyd

POINTS = np.array([[0.0, 0.0], [1.0, 0.0], [10.0, 0.0], [10.0, 1.0]])


@pytest.fixture
def axes():
    axes = plots.new_axes(9, 3, columns=8)
    yield axes
    plt.close(axes[0].figure)


def test_each_step_shows_its_groups_changes_and_ways(axes: np.ndarray):
    steps = lloyd(POINTS, POINTS[:2])
    plots.lloyd_steps(POINTS, steps, axes=axes)
    assert [ax.get_title() for ax in axes[:2]] == [
        f"1. assign\ninertia {steps[0].inertia:,.0f}",
        f"2. move centers\ninertia {steps[1].inertia:,.0f}",
    ]
    assert [len(ax.texts) for ax in axes[:3]] == [0, 2, 0]  # an arrow a centre, in moves only
    ringed = axes[2].collections[-1].get_offsets()
    np.testing.assert_array_equal(ringed, POINTS[steps[2].labels != steps[0].labels])
    assert len({ax.get_xlim() for ax in axes[: len(steps)]}) == 1
    assert [ax.axison for ax in axes] == [True] * len(steps) + [False] * (8 - len(steps))


def test_later_steps_know_the_ones_before(axes: np.ndarray):
    steps = lloyd(POINTS, POINTS[:2])
    plots.lloyd_steps(POINTS, steps, axes=axes, first=len(steps) - 2)
    assert axes[0].get_title().startswith(f"{len(steps) - 1}. assign")
    assert len(axes[1].texts) == 2
    assert not axes[2].axison


def test_groups_differ_in_colour_or_form(axes: np.ndarray):
    spots = np.random.default_rng(0).normal(size=(30, 2))
    ax = plots.grouped_points(spots, np.arange(30), spots, ax=axes[0])
    looks = {
        (tuple(c.get_facecolor()[0]), c.get_paths()[0].vertices.tobytes()) for c in ax.collections
    }
    assert len(looks) == 30


def test_the_trace_shows_every_inertia(axes: np.ndarray):
    steps = lloyd(POINTS, POINTS[:2])
    ax = plots.inertia_trace({"a": steps, "b": steps[:3]}, ax=axes[0])
    assert ax.lines[0].get_ydata().tolist() == [step.inertia for step in steps]
    assert len(ax.lines[1].get_xdata()) == len(steps[::2]), "assignments are circles"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
