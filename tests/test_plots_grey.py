"""Figures printed in grey, or seen without one kind of cones: everything stays told apart."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb, to_rgba

from imagegroup import plots
from imagegroup.plots.base import STYLE

CYCLE = [f"#{c}" for c in re.findall(r"'([0-9A-F]{6})'", Path(STYLE).read_text())]
# Linear RGB as seen by people without the red, green or blue cones (Machado et al., 2009,
# severity 1, doi:10.1109/TVCG.2009.113).
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def linear(color):
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear RGB (3,), white D65."""
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
              [0.0193339, 0.1191920, 0.9503041]]  # fmt: skip
    xyz = np.array(to_xyz) @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_measures_of_colour_are_right():
    assert lab(linear("white")) == pytest.approx([100, 0, 0], abs=0.02)
    assert lab(linear("black")) == pytest.approx([0, 0, 0], abs=0.02)
    assert lab(linear("red")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    for matrix in BLIND.values():
        assert np.array(matrix) @ linear("0.5") == pytest.approx(linear("0.5"), abs=1e-4)
    far = np.linalg.norm(lab(linear("#cc0000")) - lab(linear("#4a7a00")))
    blind = np.linalg.norm(np.subtract(*(
        lab(BLIND["deutan"] @ linear(c)) for c in ("#cc0000", "#4a7a00")
    )))  # fmt: skip
    assert blind < far / 2  # red and green are confused


@pytest.mark.parametrize("kind", BLIND)
def test_colours_stay_apart_for_colour_blind_readers(kind):
    seen = [lab(np.array(BLIND[kind]) @ linear(color)) for color in CYCLE]
    gaps = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert len(CYCLE) == 7
    assert min(gaps) > 9  # 2.3 is just noticeable


def many_marks():
    """Plots that tell two or three things apart on one axes, to be drawn."""
    rng, three = np.random.default_rng(0), ("one", "two", "three")
    ys = {name: rng.uniform(size=5) for name in three}
    points, groups = rng.normal(size=(30, 2)), np.arange(30) % 3
    bands = {name: rng.uniform(size=(5, 3)) for name in three}
    steep = {name: (np.linspace(0, 1, 5), rng.uniform(size=5)) for name in three}
    drawn = {
        "named_curves": lambda ax: plots.named_curves(range(5), ys, ax=ax, xlabel="", ylabel=""),
        "angle_curves": lambda ax: plots.angle_curves(range(5), dict(list(ys.items())[:2]), ax=ax),
        "robustness_curves": lambda ax: plots.robustness_curves(
            range(5), bands, ax=ax, xlabel="", ylabel=""
        ),
        "precision_recall": lambda ax: plots.precision_recall_curves(steep, ax=ax),
        "distances": lambda ax: plots.distance_histogram(
            {n: rng.integers(0, 256, 50) for n in three}, ax=ax
        ),
        "relative_distances": lambda ax: plots.relative_distances(ys, ax=ax),
        "grouped_points": lambda ax: plots.grouped_points(points, groups, points[:3], ax=ax),
        "start_scatter": lambda ax: plots.start_scatter(
            {n: (rng.uniform(size=5), rng.uniform(size=5)) for n in three[:2]}, ax=ax
        ),
        "score_bars": lambda ax: plots.score_bars(
            {n: {"ari": 0.5, "nmi": 0.4} for n in three}, ax=ax
        ),
        "state_bars": lambda ax: plots.state_bars(
            ["a", "b"], {n: [1, 2] for n in three}, ax=ax, label=""
        ),
        "near_and_far": lambda ax: plots.near_and_far(
            {"a": (0.2, np.array([0.5, 0.9]))}, ax=ax, own="itself"
        ),
    }
    return drawn


def looks(ax):
    """What tells the things of an axes apart in grey: lightness and shape of each."""
    handles = ax.get_legend_handles_labels()[0] or ax.collections or ax.lines
    found = []
    for handle in handles:
        first = handle[0] if isinstance(handle, tuple) or hasattr(handle, "patches") else handle
        if hasattr(first, "get_marker"):
            color = first.get_color()
            shape = (str(first.get_marker()), str(first.get_linestyle()), first.get_fillstyle())
        elif hasattr(first, "get_hatch") and not hasattr(first, "get_paths"):
            color, shape = first.get_facecolor(), (first.get_hatch(), str(first.get_linestyle()))
        else:
            color = first.get_edgecolor()[0]
            shape = (first.get_paths()[0].vertices.shape, first.get_hatch())
        rgba = np.array(to_rgba(color))
        shade = rgba[:3] * rgba[3] + 1 - rgba[3]
        found.append((lab(linear(tuple(shade)))[0], shape))
    return found


@pytest.mark.parametrize("name", many_marks())
def test_things_that_stand_together_can_be_told_apart_in_grey(name):
    ax = plots.new_axes()
    many_marks()[name](ax)
    found = looks(ax)
    plt.close(ax.figure)
    assert len(found) >= 2
    for (light, shape), (other_light, other_shape) in itertools.combinations(found, 2):
        assert shape != other_shape or abs(light - other_light) > 15, found
