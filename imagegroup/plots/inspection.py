"""Are the groups any good: the plane, silhouettes, known labels, what correcting costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from imagegroup.explanation import Mate
from imagegroup.inspection import Confusion, Plane
from imagegroup.plots.features import BLUE, GREEN, GREY, ORANGE, matches


def plane_scatter(
    plane: Plane,
    thumbnails: np.ndarray,
    *,
    ax: Axes,
    marked: np.ndarray | None = None,
    size: float = 0.06,
) -> Axes:
    """Draw every image as a thumbnail at its place in the plane, and the number of each group.

    Parameters
    ----------
    plane : Plane
    thumbnails : (n, side, side, 3) uint8, RGB
    ax : Axes
    marked : (n,) bool, optional
        Images to frame in orange, drawn last.
    size : float
        Side of a thumbnail, as a share of the wider extent of the points.
    """
    marked = np.zeros(len(thumbnails), bool) if marked is None else marked
    half = size / 2 * np.nanmax(np.ptp(plane.points[~np.isnan(plane.points[:, 0])], axis=0))
    for row in np.argsort(marked, kind="stable"):
        x, y = plane.points[row]
        if np.isnan(x):
            continue
        ax.imshow(thumbnails[row], extent=(x - half, x + half, y - half, y + half), zorder=2)
        color, width = (ORANGE, 2.4) if marked[row] else (GREY, 0.6)
        frame = {"fill": False, "edgecolor": color, "linewidth": width, "zorder": 2}
        ax.add_patch(Rectangle((x - half, y - half), 2 * half, 2 * half, **frame))
    box = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "black"}
    font = {"ha": "center", "va": "center", "weight": "bold", "fontsize": 8, "zorder": 3}
    for label, (x, y) in enumerate(plane.centers):
        aside = (0, 7 if label % 2 else -7)  # points; so that two centres can lie close
        ax.annotate(str(label), (x, y), aside, textcoords="offset points", bbox=box, **font)
    low, high = np.nanmin(plane.points, axis=0) - 2 * half, np.nanmax(plane.points, axis=0)
    high += 2 * half
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", xticks=[], yticks=[])
    ax.grid(False)
    for axis, share, name in zip(
        (ax.xaxis, ax.yaxis), plane.shares, ("first", "second"), strict=True
    ):
        axis.set_label_text(f"{name} principal axis: {share:.0%} of the variance")
    return ax


def silhouette_plot(
    silhouettes: np.ndarray, labels: np.ndarray, *, ax: Axes, title: str = ""
) -> Axes:
    """Draw the silhouette of every image as a bar, group by group, the largest on top.

    Parameters
    ----------
    silhouettes : (n,) float; nan is left out
    labels : (n,) int
    ax : Axes
    title : str
    """
    top, ticks, shown = 0, [], ~np.isnan(silhouettes)
    for label in np.unique(labels[shown]):
        bars = np.sort(silhouettes[shown & (labels == label)])[::-1]
        color, hatch = ((BLUE, ""), (GREEN, "///"))[len(ticks) % 2]
        ax.fill_betweenx(
            np.repeat(top + np.arange(len(bars) + 1), 2)[1:-1], 0, np.repeat(bars, 2),
            facecolor=color, edgecolor="white", hatch=hatch, linewidth=0,
        )  # fmt: skip
        ticks.append((top + len(bars) / 2, str(label)))
        top += len(bars) + max(1, int(shown.sum()) // 50)
    if ticks:
        ax.axvline(silhouettes[shown].mean(), color="black", linestyle="--", label="mean of all")
        ax.set_yticks(*zip(*ticks, strict=True))
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
        ax.set_ylim(top, 0)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set(xlabel="silhouette", ylabel="group")
    ax.set_title(title, parse_math=False)
    ax.grid(axis="y", visible=False)
    ax.tick_params(axis="y", length=0)
    return ax


def confusion_table(table: Confusion, *, ax: Axes) -> Axes:
    """Draw how many images of each known label lie in each group; an empty cell is 0.

    Parameters
    ----------
    table : Confusion
    ax : Axes
    """
    ax.imshow(table.counts, cmap="Blues", vmin=0, vmax=max(1, table.counts.max()) * 1.2)
    for (y, x), count in np.ndenumerate(table.counts):
        if count:
            ink = "white" if count > 0.7 * table.counts.max() else "black"
            ax.text(x, y, str(count), ha="center", va="center", color=ink, fontsize=9)
    ax.set_xticks(range(len(table.groups)), ["none" if g < 0 else str(g) for g in table.groups])
    ax.set_yticks(range(len(table.names)), table.names, parse_math=False)
    ax.set(xlabel="group", ylabel="known label")
    ax.grid(False)
    ax.tick_params(length=0)
    return ax


def error_curves(curves: Mapping[str, np.ndarray], goal: float = 0.05, *, ax: Axes) -> Axes:
    """Draw the share of images still misplaced over the share that a reader has looked at.

    Parameters
    ----------
    curves : mapping of a name to (m + 1,) float
        As `inspection.remaining_errors` gives them; each gets a dot where it reaches the goal.
    goal : float
        Drawn as a line.
    ax : Axes
    """
    styles = [(GREY, "--"), (BLUE, "-"), (ORANGE, ":"), (GREEN, "-.")]
    for (name, curve), (color, line) in zip(curves.items(), styles, strict=False):
        looked = np.linspace(0, 1, len(curve))
        reached = int(np.argmax(curve <= goal))
        label = f"{name}: {looked[reached]:.0%} looked at"
        ax.step(looked, curve, where="post", color=color, linestyle=line, label=label)
        ax.plot(looked[reached], curve[reached], "o", color=color, zorder=3)
    ax.axhline(goal, color="black", linewidth=0.8)
    ax.text(1, goal, f"{goal:.0%} misplaced ", ha="right", va="bottom", fontsize=9)
    ax.set(xlim=(0, 1), xlabel="share of the photos looked at", ylabel="still misplaced")
    ax.xaxis.set_major_formatter("{x:.0%}")
    ax.yaxis.set_major_formatter("{x:.0%}")
    ax.set_ylim(bottom=0)
    ax.legend()
    return ax


def mate_matches(image: np.ndarray, mate: Mate, *, ax: Axes, title: str = "") -> Axes:
    """Draw the ORB matches of a photo with a group-mate, by whether they fit one view of the other.

    Parameters
    ----------
    image : (H, W, 3) uint8, RGB
        The photo's, as `Explanation` has it.
    mate : Mate
    ax : Axes
    title : str
    """
    places = mate.points, mate.mate_points
    matches(image, mate.image, *places, mate.agree, ax=ax)
    ax.set_title(title, parse_math=False)
    lines, _ = ax.get_legend_handles_labels()
    fits = int(mate.agree.sum())
    names = f"do not fit ({len(mate.agree) - fits})", f"fit one view of the other ({fits})"
    ax.legend(lines, names, loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2, frameon=False)
    return ax
