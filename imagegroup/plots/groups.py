"""Groups, the curves they were chosen by, and their scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from imagegroup.clusters import Sweep


def contact_sheet(
    groups: Sequence[np.ndarray],
    titles: Sequence[str],
    *,
    ax: Axes,
    names: Sequence[Sequence[str]] = (),
    title: str = "",
) -> Axes:
    """Draw a row of thumbnails for each group.

    Parameters
    ----------
    groups : sequence of (m, side, side, 3) uint8, RGB
        As `gallery.typical` returns them.
    titles : sequence of str
        Written to the left of each row.
    ax : Axes
    names : sequence of sequences of str, optional
        Written below the thumbnails of each row; shorten them by `display_name(name, 16)`.
    title : str
    """
    if not groups:
        ax.text(0.5, 0.5, "no groups", ha="center", va="center")
        ax.set_axis_off()
        return ax
    side, columns = groups[0].shape[1], max(len(g) for g in groups)
    gap = side // 12
    height = side + (3 * gap if names else gap)
    sheet = np.full((len(groups) * height, columns * (side + gap), 3), 255, np.uint8)
    for row, group in enumerate(groups):
        for column, thumbnail in enumerate(group):
            top, left = row * height, column * (side + gap)
            sheet[top : top + side, left : left + side] = thumbnail
    ax.imshow(sheet)
    for row, texts in enumerate(names):
        for column, text in enumerate(texts):
            place = column * (side + gap) + side / 2, row * height + side
            ax.text(*place, text, ha="center", va="top", fontsize=7, parse_math=False)
    middles = [row * height + side / 2 for row in range(len(groups))]
    ax.set_yticks(middles, titles, parse_math=False)
    ax.set_xticks([])
    ax.set_title(title, parse_math=False)
    ax.grid(False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def sweep_curve(sweep: Sweep, k: int | None, *, ax: Axes, title: str = "") -> Axes:
    """Draw the distortion over k, with the chosen k if there is one.

    Parameters
    ----------
    sweep : Sweep
    k : int or None
    ax : Axes
    """
    ax.plot(sweep.ks, sweep.distortions, marker="o", markersize=4)
    if k is not None:
        ax.axvline(k, color="C5", linestyle="--", label=f"k = {k}")
        ax.legend()
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("number of groups k")
    ax.set_ylabel("distortion (mean distance)")
    ax.set_title(title or ("no elbow" if k is None else ""))
    ax.set_ylim(bottom=0)
    return ax


def silhouette_curve(sweep: Sweep, k: int | None, *, ax: Axes, title: str = "") -> Axes:
    """Draw the mean silhouette over k, with the chosen k if there is one."""
    ax.plot(sweep.ks, sweep.silhouettes, marker="s", markersize=4, color="C2")
    if k is not None:
        ax.axvline(k, color="C5", linestyle="--", label=f"k = {k}")
        ax.legend()
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("number of groups k")
    ax.set_ylabel("mean silhouette")
    ax.set_title(title)
    return ax


def score_bars(scores: dict[str, dict[str, float]], *, ax: Axes) -> Axes:
    """Draw scores side by side, a block of bars for each recipe.

    Parameters
    ----------
    scores : dict of recipe name to dict of score name to value in [0, 1]
    ax : Axes
    """
    names = list(next(iter(scores.values())))
    width = 0.8 / len(scores)
    for i, (recipe, row) in enumerate(scores.items()):
        places = np.arange(len(names)) + i * width - 0.4 + width / 2
        bars = ax.bar(places, [row[n] for n in names], width * 0.95, label=recipe, hatch="/" * i)
        ax.bar_label(bars, fmt="%.2f", padding=2)
    ax.set_xticks(range(len(names)), names)
    ax.set_ylim(min(0, *(v for row in scores.values() for v in row.values())), 1.12)
    ax.set_ylabel("score (1 = perfect)")
    ax.legend(ncols=len(scores), loc="lower center", bbox_to_anchor=(0.5, 1))
    ax.grid(axis="x", visible=False)
    return ax
