"""K-means: points and centres move by move, what starts lead to, curves of shares and scores."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from imagegroup.plots.features import BLUE, GREEN, GREY, ORANGE, _bare
from imagegroup.scratch.kmeans import ASSIGN, MOVE, Step

COLORS = (BLUE, ORANGE, GREEN, "#CC79A7", "#56B4E9", "#D55E00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*", "d")
"""Okabe and Ito's seven and thirteen forms: the first 91 groups differ in one or the other."""


def grouped_points(
    points: np.ndarray,
    labels: np.ndarray | None,
    centers: np.ndarray,
    *,
    ax: Axes,
    title: str = "",
    before: np.ndarray | None = None,
    ringed: np.ndarray | None = None,
) -> Axes:
    """Draw points by group, in colour and form, and each centre as a large cross.

    Parameters
    ----------
    points : (n, 2) numbers
    labels : (n,) int or None
        None draws all points grey.
    centers : (k, 2) numbers
    ax : Axes
    title : str
    before : (k, 2) numbers, optional
        Where the centres were: arrows lead from there.
    ringed : (n,) bool, optional
        Points to draw a ring around.
    """
    labels = np.full(len(points), -1) if labels is None else labels
    for group in np.unique(labels):
        look = {"color": GREY, "marker": "."} if group < 0 else _look(group)
        ax.scatter(*points[labels == group].T, s=16, linewidths=0, alpha=0.75, **look)
    if ringed is not None:
        ring = {"facecolors": "none", "edgecolors": "black", "linewidths": 1.1}
        ax.scatter(*points[ringed].T, s=70, **ring)
    for old, new in zip(() if before is None else before, centers, strict=False):
        arrow = {"arrowstyle": "->", "color": "black", "linewidth": 1.4, "shrinkA": 0, "shrinkB": 4}
        ax.annotate("", new, old, arrowprops=arrow, zorder=4)
    for group, center in enumerate(centers):
        ax.plot(*center, "X", color="white", markersize=14, zorder=5)
        ax.plot(*center, "X", color=_look(group)["color"], markersize=10, zorder=5)
    ax.set_aspect("equal")
    return _bare(ax, title)


def lloyd_steps(
    points: np.ndarray, steps: Sequence[Step], *, axes: np.ndarray, first: int = 0
) -> np.ndarray:
    """Draw one half-step of K-means after another: after an assignment the points that changed
    their group are ringed, in a move arrows lead to where the centres are now.

    Parameters
    ----------
    points : (n, 2) numbers
    steps : sequence of Step
        As `scratch.kmeans.lloyd` returns them.
    axes : (m,) array of Axes
    first : int
        The step to begin with.
    """
    drawn = np.vstack([points, *(step.centers for step in steps)])
    margin = 0.06 * np.ptp(drawn, axis=0).max()
    (left, bottom), (right, top) = drawn.min(axis=0) - margin, drawn.max(axis=0) + margin
    for ax, number in zip(axes, range(first, len(steps)), strict=False):
        step, old = steps[number], steps[number - 1] if number else None
        ringed = old.labels != step.labels if old and step.move == ASSIGN else None
        before = old.centers if old and step.move == MOVE else None
        title = f"{number + 1}. {step.move}\ninertia {step.inertia:,.0f}"
        grouped_points(
            points, step.labels, step.centers, ax=ax, title=title, before=before, ringed=ringed
        )
        ax.set(xlim=(left, right), ylim=(bottom, top))
    for ax in axes[len(steps) - first :]:
        ax.set_axis_off()
    return axes


def inertia_trace(runs: Mapping[str, Sequence[Step]], *, ax: Axes, title: str = "") -> Axes:
    """Draw the inertia after each half-step: assignments as circles, moves as filled squares.

    Parameters
    ----------
    runs : mapping of a name to the steps of a run
    ax : Axes
    title : str
    """
    for (name, steps), (color, line) in zip(runs.items(), _lines(), strict=False):
        values = np.array([step.inertia for step in steps])
        ax.plot(range(1, len(steps) + 1), values, color=color, linestyle=line, label=name)
        moved = np.array([step.move == MOVE for step in steps])
        numbers = np.arange(1, len(steps) + 1)
        ax.plot(numbers[~moved], values[~moved], "o", color=color, markerfacecolor="white")
        ax.plot(numbers[moved], values[moved], "s", color=color)
    ax.set(xlabel="half-step (circle: assign, square: move centers)", ylabel="inertia", title=title)
    ax.set_ylim(bottom=0)
    if len(runs) > 1:
        ax.legend()
    return ax


def start_scatter(
    results: Mapping[str, tuple[np.ndarray, np.ndarray]], *, ax: Axes, title: str = ""
) -> Axes:
    """Draw a mark for each run of K-means: the inertia it ended with, and its agreement.

    Parameters
    ----------
    results : mapping of a kind of start to (inertias, adjusted Rand indices), one of each a run
    ax : Axes
    title : str
    """
    for (name, (inertias, agreements)), color, marker in zip(
        results.items(), (ORANGE, BLUE, GREEN), "sox", strict=False
    ):
        look = {
            "marker": marker,
            "edgecolors": color,
            "facecolors": "none" if marker != "x" else color,
        }
        ax.scatter(inertias, agreements, s=30, linewidths=1.3, label=name, **look)
    ax.set(xlabel="inertia at the end", ylabel="agreement (ARI)", title=title)
    ax.legend()
    return ax


def named_curves(
    xs: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    *,
    ax: Axes,
    xlabel: str,
    ylabel: str,
) -> Axes:
    """Draw curves over the same numbers, told apart by colour, line and marker.

    Parameters
    ----------
    xs : (n,) numbers
    curves : mapping of a name to (n,) numbers
    ax : Axes
    xlabel, ylabel : str
    """
    for (name, ys), (color, line), marker in zip(curves.items(), _lines(), "os^D", strict=False):
        ax.plot(xs, ys, color=color, linestyle=line, marker=marker, markersize=4, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.set_ylim(bottom=min(0, ax.get_ylim()[0]))
    if len(curves) > 1:
        ax.legend()
    return ax


def relative_distances(distances: Mapping[str, np.ndarray], *, ax: Axes, title: str = "") -> Axes:
    """Draw how distances spread around their mean, one outline a name.

    Parameters
    ----------
    distances : mapping of a name to (m,) distances, divided by their mean
    ax : Axes
    title : str
    """
    for (name, values), (color, line) in zip(distances.items(), _lines(), strict=False):
        bins = np.linspace(0, 2.5, 101)
        ax.hist(values, bins, histtype="step", color=color, linestyle=line, linewidth=1.8,
                density=True, label=name)  # fmt: skip
    ax.set(xlabel="distance (mean of all pairs = 1)", ylabel="density", title=title)
    ax.legend()
    return ax


def _look(group: int) -> dict[str, str]:
    return {"color": COLORS[group % len(COLORS)], "marker": MARKERS[group % len(MARKERS)]}


def _lines() -> itertools.cycle:
    return itertools.cycle([(BLUE, "-"), (ORANGE, "--"), (GREEN, ":"), ("#CC79A7", "-.")])
