"""Scenes: photos and the links between them, and how many spots pairs share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from imagegroup.plots.features import BLUE, GREY, ORANGE

HALF = 0.12
"""Half the side of a thumbnail, in squares of `scenes.scene_layout`."""


def scene_graph(
    places: np.ndarray,
    thumbnails: np.ndarray,
    pairs: np.ndarray,
    inliers: np.ndarray,
    *,
    ax: Axes,
    marked: np.ndarray | None = None,
) -> Axes:
    """Draw photos as thumbnails and their links as lines, the wider the more spots they share.

    Parameters
    ----------
    places : (n, 2) float
        As `scenes.scene_layout` gives them; photos at nan are left out.
    thumbnails : (n, side, side, 3) uint8, RGB
    pairs : (l, 2) int
    inliers : (l,) int, spots shared
    ax : Axes
    marked : (l,) bool, optional
        Links to draw dashed, in orange, with their number.
    """
    marked = np.zeros(len(pairs), bool) if marked is None else marked
    for (a, b), shared, special in zip(pairs, inliers, marked, strict=True):
        width = 0.5 + 2.5 * min(1, shared / 100)
        color, line = (ORANGE, (0, (3, 1.5))) if special else (GREY, "-")
        ax.plot(*places[[a, b]].T, color=color, linestyle=line, linewidth=width, zorder=1)
        if special:
            font = {"ha": "center", "va": "center", "fontsize": 7, "zorder": 3}
            box = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": ORANGE}
            ax.text(*places[[a, b]].mean(axis=0), str(shared), bbox=box, **font)
    for (x, y), thumbnail in zip(places, thumbnails, strict=True):
        if not np.isnan(x):
            extent = (x - HALF, x + HALF, y - HALF, y + HALF)
            ax.imshow(thumbnail, extent=extent, zorder=2)
    low, high = np.nanmin(places, axis=0) - 0.2, np.nanmax(places, axis=0) + 0.2
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", xticks=[], yticks=[])
    ax.set_frame_on(False)
    ax.grid(False)
    return ax


def shared_histogram(counts: Mapping[str, np.ndarray], threshold: int, *, ax: Axes) -> Axes:
    """Draw how many pairs of photos share how many spots, on logarithmic axes.

    Parameters
    ----------
    counts : mapping of a name to (m,) int, up to three kinds of pairs
    threshold : int
        Drawn as a line: from here on a pair is linked.
    ax : Axes
    """
    most = max([threshold, *(int(c.max(initial=0)) for c in counts.values())])
    bins = np.unique(np.rint(np.geomspace(1, most + 2, 28)))
    looks = [(GREY, "", "-"), (ORANGE, "///", "--"), (BLUE, "", ":")]
    for (name, values), (color, hatch, line) in zip(counts.items(), looks, strict=False):
        label = f"{name} ({len(values):,})"
        how = {"histtype": "stepfilled", "alpha": 0.45, "facecolor": color, "edgecolor": "black"}
        ax.hist(values + 1, bins, label=label, hatch=hatch, linestyle=line, **how)
    ax.axvline(threshold + 1, color="black", linestyle="--", label=f"linked from {threshold}")
    ticks = [t for t in (0, 2, 5, 10, 20, 50, 100, 200, 500) if t <= most]
    ax.set(xscale="log", xlabel="spots that a pair shares", ylabel="pairs")
    if any(len(values) for values in counts.values()):
        ax.set_yscale("log")
    ax.set_xticks([t + 1 for t in ticks], [str(t) for t in ticks])
    ax.yaxis.set_major_formatter("{x:g}")  # the default writes powers as formulas
    ax.minorticks_off()
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
    return ax
