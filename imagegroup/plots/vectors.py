"""One image, one vector: what lies near what, what two views share, how encodings score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from imagegroup.plots.features import BLUE, GREY, ORANGE, _bare, show_image


def near_and_far(
    rows: Mapping[str, tuple[float, np.ndarray]], *, ax: Axes, own: str = "itself", title: str = ""
) -> Axes:
    """Draw a row for each name: how far it is from itself, and from each stranger.

    Parameters
    ----------
    rows : mapping of a name to (distance, (n,) distances)
        To itself: a filled blue diamond; to strangers: open orange circles. From top to bottom.
    ax : Axes
    own : str
        What the diamonds are; written below the axis, with the signs.
    title : str
    """
    for height, (near, far) in enumerate(rows.values()):
        ring = {"markerfacecolor": "none", "color": ORANGE, "linestyle": ""}
        ax.plot(far, np.full(len(far), height), "o", **ring)
        ax.plot(near, height, "D", color=BLUE)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set(ylim=(len(rows) - 0.4, -0.6), title=title)
    ax.set_xlim(left=0)
    ax.set_xlabel(f"distance (mean stranger = 1)\n◆ {own}   ○ strangers")
    return ax


def numbered_points(image: np.ndarray, points: np.ndarray, *, ax: Axes, title: str = "") -> Axes:
    """Draw a picture, faded, and number places on it in their order, from 0.

    Parameters
    ----------
    image : (H, W) uint8 grey, or (H, W, 3) uint8 RGB
    points : (n, 2) x and y in px
    ax : Axes
    title : str
    """
    show_image(image, ax=ax, title=title, alpha=0.45)
    ax.plot(*np.asarray(points).T, "o", color=ORANGE, markeredgecolor="black", markersize=5)
    frame = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}
    for number, (x, y) in enumerate(points):
        how = {"textcoords": "offset points", "fontsize": 9, "va": "center", "bbox": frame}
        ax.annotate(str(number), (x, y), (6, 0), **how)
    return ax


def place_histogram(moves: np.ndarray, *, ax: Axes, reach: int = 100, title: str = "") -> Axes:
    """Draw how many places descriptors moved in their list; those that stayed are orange.

    Parameters
    ----------
    moves : (n,) int
        New place minus old place; moves beyond `reach` are counted in the outermost bars.
    ax : Axes
    reach : int
    title : str
    """
    places = np.arange(-reach, reach + 1)
    counts = np.bincount(np.clip(moves, -reach, reach) + reach, minlength=len(places))
    ax.bar(places, counts, 1, color=BLUE)
    ax.bar(0, counts[reach], 1, color=ORANGE)
    place = (0, counts.max())
    ax.annotate(f"{counts[reach]} stayed", place, (14, -4), textcoords="offset points", va="top")
    ax.axvline(0, color=ORANGE, linestyle="--", linewidth=1, zorder=0)
    ax.set_xticks([-reach, -reach / 2, 0, reach / 2, reach])
    ax.set_xticklabels([f"-{reach} or more", -reach // 2, 0, reach // 2, f"{reach} or more"])
    ax.set(xlabel="places moved in the list", ylabel="descriptors", title=title)
    return ax


def patch_table(
    rows: Mapping[str, Sequence[Sequence[np.ndarray]]], columns: Sequence[str], *, ax: Axes
) -> Axes:
    """Draw patches in a table: a row for each word, a block of columns for each image.

    Parameters
    ----------
    rows : mapping of a name to one sequence of (side, side) uint8 patches for each of `columns`
        A place without a patch is left light grey.
    columns : sequence of str
        Names of the blocks, written above.
    ax : Axes
    """
    blocks = [block for row in rows.values() for block in row]
    side = next((len(patch) for block in blocks for patch in block), 31)
    widest = max(1, *(len(block) for block in blocks))
    step, wide = side + 3, widest * (side + 3) + side // 2
    sheet = np.full((len(rows) * (step + 3), len(columns) * wide - side // 2), 255, np.uint8)
    for top, row in zip(range(0, len(sheet), step + 3), rows.values(), strict=True):
        for left, block in zip(range(0, sheet.shape[1], wide), row, strict=True):
            for place in range(widest):
                x = left + place * step
                patch = block[place] if place < len(block) else 235
                sheet[top : top + side, x : x + side] = patch
    show_image(sheet, ax=ax)
    ax.set_yticks([i * (step + 3) + side / 2 for i in range(len(rows))], list(rows))
    ax.set_xticks([(i + 0.5) * wide - side / 4 for i in range(len(columns))], columns)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    return ax


def word_bars(
    above: np.ndarray, below: np.ndarray, names: Sequence[str], *, ax: Axes, title: str = ""
) -> Axes:
    """Draw two vectors of words against each other: one upwards, one downwards.

    What both share, word by word the smaller of the two, is filled; the rest is outlined.

    Parameters
    ----------
    above, below : (n_words,) numbers from 0
    names : sequence of two str
        Written into the upper and the lower half.
    ax : Axes
    title : str
    """
    places, shared = np.arange(len(above)), np.minimum(above, below)
    halves = ((above, 1, BLUE, "", 0.97), (below, -1, ORANGE, "///", 0.03))
    for (values, sign, color, hatch, y), name in zip(halves, names, strict=True):
        ax.bar(places, sign * values, 0.8, facecolor="none", edgecolor=GREY, linewidth=0.7)
        ax.bar(places, sign * shared, 0.8, color=color, hatch=hatch, edgecolor="black", linewidth=0)
        top = {"transform": ax.transAxes, "va": "top" if sign > 0 else "bottom", "ha": "right"}
        ax.text(0.99, y, name, **top)
    reach = 1.25 * max(above.max(), below.max())
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(ylim=(-reach, reach), xlim=(-1, len(above)), yticks=[], xlabel="word", title=title)
    ax.grid(False)
    return ax


def residuals(
    points: np.ndarray, words: np.ndarray, nearest: np.ndarray, *, ax: Axes, title: str = ""
) -> Axes:
    """Draw points in a plane, a thin line from the nearest word to each, and the sums as arrows.

    Parameters
    ----------
    points : (n, 2)
    words : (n_words, 2)
    nearest : (n,) int
        Row of `words` that each point belongs to.
    ax : Axes
    title : str
    """
    for number, word in enumerate(words):
        own = points[nearest == number]
        for end in own:
            ax.plot(*np.stack([word, end]).T, color=GREY, linewidth=0.8, zorder=1)
        ax.plot(*own.T, "o", color=BLUE, markersize=5)
        tip = word + (own - word).sum(axis=0)
        ax.plot(*tip)  # an arrow alone would not widen the axes
        arrow = {"arrowstyle": "-|>", "color": ORANGE, "linewidth": 2.4, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", tip, word, arrowprops=arrow, zorder=3)
        ax.plot(*word, "X", color="black", markeredgecolor="white", markersize=11, zorder=4)
    _bare(ax, title).set_aspect("equal")
    return ax


def number_scatter(
    first: np.ndarray, second: np.ndarray, names: Sequence[str], *, ax: Axes, title: str = ""
) -> Axes:
    """Draw one vector over another: a dot for each of their numbers; like vectors lie on the line.

    Parameters
    ----------
    first, second : (d,) numbers
    names : sequence of two str
        Of the two axes.
    ax : Axes
    title : str
    """
    reach = 1.05 * max(np.abs(first).max(), np.abs(second).max())
    ax.plot([-reach, reach], [-reach, reach], color=ORANGE, linewidth=1)
    ax.scatter(first, second, 5, color=BLUE, alpha=0.3, linewidths=0)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", title=title)
    ax.set(xlabel=names[0], ylabel=names[1], xticks=[0], yticks=[0])
    return ax


def distance_map(
    distances: np.ndarray, groups: Sequence[str], *, ax: Axes, title: str = "", black: float = 0
) -> Axes:
    """Draw the distances of all pairs of images, the nearer the darker: white is the largest.

    Parameters
    ----------
    distances : (n, n) from 0
    groups : (n,) str
        Known group of each image, equal ones in a row; thin lines part them.
    ax : Axes
    title : str
    black : float, 0 to 1
        What is drawn black, as a share of the largest distance; all below is black too.
    """
    low, high = black * distances.max(), distances.max()
    ax.imshow(distances, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
    names = np.asarray(groups)
    for edge in np.flatnonzero(names[1:] != names[:-1]) + 0.5:
        ax.axhline(edge, color=ORANGE, linewidth=0.6)
        ax.axvline(edge, color=ORANGE, linewidth=0.6)
    return _bare(ax, title)


def seed_dots(
    scores: Mapping[str, Sequence[float]], *, ax: Axes, baselines: Sequence[str] = ()
) -> Axes:
    """Draw a dot for each seed, a bar at the mean and a line over the spread, row by row.

    Parameters
    ----------
    scores : mapping of a name to one score in [-0.5, 1] for each seed
        From top to bottom.
    ax : Axes
    baselines : sequence of names in `scores`
        Drawn as orange squares; a dashed line stands at the best mean of them.
    """
    bars = []
    for height, (name, values) in enumerate(scores.items()):
        low = name in baselines
        color, form = (ORANGE, "s") if low else (BLUE, "o")
        ax.plot([min(values), max(values)], [height, height], color=GREY, linewidth=1, zorder=1)
        ax.plot(values, np.full(len(values), height), form, color=color, alpha=0.55, markersize=6)
        ax.plot(np.mean(values), height, "|", color="black", markersize=18, markeredgewidth=2)
        ax.annotate(f"{np.mean(values):.2f}", (1.06, height), va="center", annotation_clip=False)
        bars += [np.mean(values)] if low else []
    if bars:
        ax.axvline(max(bars), color=ORANGE, linestyle="--", linewidth=1)
    ax.set_yticks(range(len(scores)), list(scores))
    ax.set(xlim=(min(0, *map(min, scores.values())) - 0.03, 1.04), xlabel="ARI (1 = perfect)")
    ax.set_ylim(len(scores) - 0.4, -0.6)
    return ax
