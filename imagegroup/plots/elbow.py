"""How many groups: the steps of the knee, and criteria side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from imagegroup.scratch.knee import Knee

_STEPS = {
    1: "1. the curve",
    2: "2. scaled to a square",
    3: "3. turned: rising, then flat",
    4: "4. height above the diagonal",
    5: "5. a threshold for each maximum",
    6: "6. does it fall below?",
}


def knee_step(knee: Knee, step: int, *, ax: Axes) -> Axes:
    """Draw one of the six steps of Kneedle.

    Parameters
    ----------
    knee : Knee
        From `scratch.knee.find_knee`.
    step : int, 1 to 6
    ax : Axes
    """
    if step == 1:
        ax.plot(knee.x, knee.y, marker="o", markersize=4)
    elif step == 2:
        ax.plot(knee.unit_x, knee.unit_y, marker="o", markersize=4)
    elif step == 3:
        ax.plot(knee.turned_x, knee.turned_y, marker="o", markersize=4)
        ax.plot([0, 1], [0, 1], color="0.5", linestyle="--")
        ax.vlines(knee.turned_x, knee.turned_x, knee.turned_y, color="C1", linewidth=1)
    else:
        _draw_difference(knee, step, ax)
    ax.set_xlabel("k" if step == 1 else "k, scaled")
    ax.set_ylabel({1: "distortion", 2: "scaled", 3: "turned"}.get(step, "height"))
    ax.set_title(_STEPS[step])
    return ax


def _draw_difference(knee: Knee, step: int, ax: Axes) -> None:
    x, height = knee.turned_x, knee.difference
    ax.plot(x, height, color="C1", marker="o", markersize=3)
    tops = knee.maxima[knee.maxima < len(x) - 1]  # nothing comes after the last point
    ax.plot(x[tops], height[tops], "^", color="black", markersize=7, label="maximum")
    if step == 4:
        ax.plot(
            x[knee.minima], height[knee.minima], "v", color="0.5", markersize=6, label="minimum"
        )
    else:
        ax.plot(x, knee.level, color="C5", drawstyle="steps-post", label="threshold")
    below = np.flatnonzero(height[1:] < knee.level[:-1])[:1] + 1
    if step == 6 and below.size:
        ax.plot(x[below], height[below], "X", color="C5", markersize=9, label="first below it")
    low, high = ax.get_ylim()
    ax.set_ylim(low - 0.4 * (high - low), high)  # room for the legend
    ax.legend(fontsize=8, loc="lower left", ncols=2)


def k_curve(
    ks: Sequence[int],
    values: Sequence[float],
    k: int | None,
    *,
    ax: Axes,
    label: str = "",
    title: str = "",
) -> Axes:
    """Draw any measure over k, with the k that it chooses if there is one.

    Parameters
    ----------
    ks, values : (m,)
    k : int or None
    ax : Axes
    label : str
        What is measured.
    """
    ax.plot(ks, values, marker="o", markersize=4)
    if k is not None:
        ax.axvline(k, color="C5", linestyle="--", label=f"k = {k}")
        ax.legend()
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("number of groups k")
    ax.set_ylabel(label)
    ax.set_title(title)
    return ax


def choice_bars(choices: Sequence[int | None], ks: Sequence[int], *, ax: Axes, title="") -> Axes:
    """Count how often each k was chosen, and how often none was.

    Parameters
    ----------
    choices : sequence of int or None
    ks : sequence of int
        The k that could be chosen.
    ax : Axes
    """
    counts = Counter(choices)
    ax.bar(ks, [counts[k] for k in ks], color="C0")
    ax.bar([min(ks) - 2], [counts[None]], color="0.6")
    marks = [k for k in ks if k % 5 == 0]
    ax.set_xticks([min(ks) - 2, *marks], ["none", *map(str, marks)])
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("k at the elbow")
    ax.set_ylabel("runs")
    ax.set_title(title)
    ax.grid(axis="x", visible=False)
    return ax


def criteria_strip(
    ks: Sequence[int],
    curves: dict[str, Sequence[float]],
    choices: dict[str, int | None],
    *,
    ax: Axes,
) -> Axes:
    """Draw all criteria in one panel: a row each, dark where it likes a k, a ring at its choice.

    Parameters
    ----------
    ks : (m,) int
    curves : dict of name to (m,) float
        The larger the better; each row is scaled by itself, nan is left white.
    choices : dict of name to int or None
    ax : Axes
    """
    rows = np.array([_scaled(curves[name]) for name in curves])
    edges = np.append(np.asarray(ks) - 0.5, ks[-1] + 0.5)
    ax.pcolormesh(edges, np.arange(len(rows) + 1) - 0.5, rows, cmap="Greys", vmin=0, vmax=1.6)
    for row, name in enumerate(curves):
        k = choices[name]
        if k is not None:
            ax.plot(
                k,
                row,
                "o",
                markersize=13,
                markerfacecolor="white",
                markeredgecolor="C5",
                markeredgewidth=2,
            )
        ax.text(ks[-1] + 1, row, "none" if k is None else str(k), va="center", weight="bold")
    ax.set_yticks(range(len(rows)), list(curves))
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("number of groups k")
    ax.tick_params(axis="y", length=0)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    found = sorted({k for k in choices.values() if k is not None})
    answers = [*map(str, found), *(["none"] if None in choices.values() else [])]
    numbers = ", ".join(answers)
    ax.set_title(
        f"all say {numbers}" if len(answers) == 1 else f"{len(answers)} answers: {numbers}"
    )
    return ax


def _scaled(values: Sequence[float]) -> np.ndarray:
    values = np.asarray(values, float)
    low, high = np.nanmin(values), np.nanmax(values)
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def coordinate_scatter(points: np.ndarray, *, ax: Axes, title: str = "") -> Axes:
    """Draw the first two columns of points, both axes in the same scale.

    Parameters
    ----------
    points : (n, at least 2) float
    ax : Axes
    """
    ax.plot(points[:, 0], points[:, 1], "o", markersize=5, alpha=0.7)
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel("1st principal coordinate")
    ax.set_ylabel("2nd")
    ax.set_title(title)
    return ax
