"""Sweeps over settings: main effects, heatmaps, intervals of differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from imagegroup.compare import Difference

if TYPE_CHECKING:
    from pandas import DataFrame


def main_effects(effect: DataFrame, *, ax: Axes, score: str = "ARI") -> Axes:
    """Draw the mean score for each value of one parameter, with its interval and every seed.

    Parameters
    ----------
    effect : DataFrame
        As `effects.main_effect` returns it.
    ax : Axes
    score : str
        Written at the vertical axis.
    """
    places = np.arange(len(effect))
    for place, seeds in zip(places, effect["seeds"], strict=True):
        aside = place + np.linspace(-0.14, 0.14, len(seeds))
        ax.plot(aside, seeds, "o", color="0.65", markersize=4, zorder=2)
    reach = np.abs(effect[["low", "high"]].to_numpy().T - effect["mean"].to_numpy())
    ax.errorbar(places, effect["mean"], np.nan_to_num(reach), marker="D", capsize=5, zorder=3)
    ax.set_xticks(places, [str(value) for value in effect.index])
    ax.set_xlim(-0.5, len(effect) - 0.5)
    ax.grid(axis="x", visible=False)
    ax.set_xlabel(effect.index.name or "")
    ax.set_ylabel(f"mean {score}")
    return ax


def score_heatmap(grid: DataFrame, *, ax: Axes, score: str = "ARI") -> Axes:
    """Draw the mean score for each pair of values, the number in each cell.

    Parameters
    ----------
    grid : DataFrame
        As `effects.mean_grid` returns it.
    ax : Axes
    score : str
        Written above.
    """
    values = grid.to_numpy(float)
    image = ax.imshow(values, cmap="cividis", aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        light = image.norm(value) > 0.5
        text = {"color": "black" if light else "white", "ha": "center", "va": "center"}
        ax.text(column, row, f"{value:.2f}", **text)
    ax.set_xticks(range(len(grid.columns)), [str(value) for value in grid.columns])
    ax.set_yticks(range(len(grid.index)), [str(value) for value in grid.index])
    ax.set_xlabel(grid.columns.name or "")
    ax.set_ylabel(grid.index.name or "")
    ax.set_title(f"mean {score}")
    ax.grid(False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def difference_intervals(
    differences: Sequence[Difference], names: Sequence[str], *, ax: Axes, score: str = "ARI"
) -> Axes:
    """Draw differences with their 95 % intervals; filled where one is claimed, else open.

    Parameters
    ----------
    differences : sequence of Difference
    names : sequence of str
        What is compared, from top to bottom.
    ax : Axes
    score : str
    """
    ax.axvline(0, color="0.4", linewidth=1)
    for row, difference in enumerate(differences):
        colour = "C0" if difference.claimed else "0.45"
        ax.plot([difference.low, difference.high], [row, row], color=colour)
        face = colour if difference.claimed else "white"
        ax.plot(difference.mean, row, "o", color=colour, markerfacecolor=face, markersize=7)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel(f"difference of {score}, 95 % interval")
    ax.grid(axis="y", visible=False)
    mark = {"linestyle": "", "marker": "o", "markersize": 7}
    handles = [
        plt.Line2D([], [], color="C0", label="difference", **mark),
        plt.Line2D([], [], color="0.45", markerfacecolor="white", label="none seen", **mark),
    ]
    ax.legend(handles=handles, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


def claim_bars(shares: dict[str, float], promise: float = 0.05, *, ax: Axes) -> Axes:
    """Draw how often each method claims a difference where there is none, and what it promises.

    Parameters
    ----------
    shares : dict of method to share in [0, 1]
        As `compare.false_claims` returns them.
    promise : float
    ax : Axes
    """
    bars = ax.barh(list(shares), list(shares.values()), height=0.6)
    ax.bar_label(bars, [f"{share:.1%}" for share in shares.values()], padding=4)
    ax.axvline(promise, color="C5", linestyle="--", label=f"promised: {promise:.0%}")
    ax.invert_yaxis()
    ax.set_xlim(0, 1.2 * max(promise, *shares.values()))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.set_xlabel("false claims")
    ax.grid(axis="y", visible=False)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax
