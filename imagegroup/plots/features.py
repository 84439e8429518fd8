"""Photos, pixels, and what ORB finds on them: keypoints, levels, matches, distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from imagegroup.orb import Features

ORANGE, BLUE, GREEN, GREY = "#E69F00", "#0072B2", "#009E73", "#777777"
"""Okabe and Ito's: told apart by colour-blind readers; line styles and signs tell in grey."""

MARKERS = {
    "o": {"edgecolors": ORANGE, "facecolors": "none", "linewidths": 1.6},
    "x": {"color": BLUE, "linewidths": 1.4},
    "s": {"edgecolors": "white", "facecolors": GREEN, "linewidths": 0.8},
    ".": {"color": "white", "linewidths": 0},
}
"""Open circle, cross, filled square and dot: four kinds of point that differ in form too."""


def show_image(image: np.ndarray, *, ax: Axes, title: str = "", alpha: float = 1) -> Axes:
    """Draw a picture without axes; grey values from 0 (black) to 255 (white).

    Parameters
    ----------
    image : (H, W) uint8 grey, or (H, W, 3) uint8 RGB
    ax : Axes
    title : str
    alpha : float, 0 to 1
        Below 1 the picture is faded, so that what is drawn over it stands out.
    """
    ax.imshow(image, cmap="gray", vmin=0, vmax=255, alpha=alpha)
    return _bare(ax, title)


def image_row(
    images: Sequence[np.ndarray], titles: Sequence[str], *, axes: np.ndarray
) -> np.ndarray:
    """Draw pictures side by side, each with its title.

    Parameters
    ----------
    images : sequence of (H, W) or (H, W, 3) uint8
    titles : sequence of str
    axes : (n,) array of Axes
    """
    for ax, image, title in zip(axes, images, titles, strict=True):
        show_image(image, ax=ax, title=title)
    return axes


def pixel_values(image: np.ndarray, *, ax: Axes, title: str = "") -> Axes:
    """Draw a small picture with the number of each pixel written on it.

    Parameters
    ----------
    image : (h, w) uint8 grey
    ax : Axes
    title : str
    """
    show_image(image, ax=ax, title=title)
    for (y, x), value in np.ndenumerate(image):
        ink = "white" if value < 128 else "black"
        ax.text(x, y, str(value), ha="center", va="center", color=ink, fontsize=8)
    return ax


def grey_histogram(counts: np.ndarray, *, ax: Axes, title: str = "") -> Axes:
    """Draw how many pixels have each grey value.

    Parameters
    ----------
    counts : (256,) int
    ax : Axes
    title : str
    """
    ax.fill_between(range(256), counts, step="mid", color=BLUE, linewidth=0)
    ax.set(xlim=(0, 255), xticks=[0, 64, 128, 192, 255], xlabel="grey value", ylabel="pixels")
    ax.set_ylim(bottom=0)
    ax.set_title(title)
    return ax


def keypoints(features: Features, *, ax: Axes, rows: slice | np.ndarray = slice(None)) -> Axes:
    """Draw keypoints over a picture: a circle of the patch's size, a line in its direction.

    Orange over a wider black line, so that it shows on light and dark ground.

    Parameters
    ----------
    features : Features
        In px of the picture.
    ax : Axes
    rows : slice or (m,) int
        Which of them to draw.
    """
    steps = np.radians(np.arange(0, 361, 15))
    places, sizes = features.keypoints[rows], features.sizes[rows]
    for (x, y), size, angle in zip(places, sizes, features.angles[rows], strict=True):
        turn, radius = np.radians(angle), size / 2
        xs = np.concatenate([[x], x + radius * np.cos(turn + steps)])
        ys = np.concatenate([[y], y + radius * np.sin(turn + steps)])
        ax.plot(xs, ys, color="black", linewidth=2.2)
        ax.plot(xs, ys, color=ORANGE, linewidth=1.1)
    return ax


def mark_points(
    points: np.ndarray, *, ax: Axes, marker: str = "o", size: float = 40, label: str = ""
) -> Axes:
    """Mark places on a picture.

    Parameters
    ----------
    points : (n, 2) x and y in px
    ax : Axes
    marker : {"o", "x", "s", "."}
        Open circle, cross, filled square or dot: a form and a colour for each kind of point.
    size : float, points squared
    label : str
        For the legend, which is drawn below the picture.
    """
    x, y = np.asarray(points).reshape(-1, 2).T
    ax.scatter(x, y, size, marker=marker, label=label or None, **MARKERS[marker])
    if label:
        ax.legend(
            loc="upper center", bbox_to_anchor=(0.5, 0), ncols=3, facecolor="#bbbbbb", fontsize=8
        )
    return ax


def score_map(scores: np.ndarray, *, ax: Axes, title: str = "", numbers: bool = False) -> Axes:
    """Draw a score for each pixel: white for 0 and below, the darker the higher.

    Parameters
    ----------
    scores : (H, W) int, such as `corner_score` returns
    ax : Axes
    title : str
    numbers : bool
        Write each positive score on its pixel, for a small window.
    """
    ax.imshow(scores, cmap="Greys", vmin=0, vmax=max(120, scores.max()))
    for (y, x), score in np.ndenumerate(scores) if numbers else ():
        if score > 0:
            ink = "white" if score > 70 else "black"
            ax.text(x, y, str(score), ha="center", va="center", color=ink, fontsize=8)
    _bare(ax, title)
    ax.spines[:].set(visible=True, color=GREY)
    return ax


def pyramid_strip(
    levels: Sequence[np.ndarray], points: np.ndarray, *, ax: Axes, patch: int = 31
) -> Axes:
    """Draw the levels of a pyramid at their true sizes, with one patch marked on each.

    Parameters
    ----------
    levels : sequence of (H_l, W_l) uint8
    points : (n_levels, 2) x and y of the patch's centre, in px of each level
    ax : Axes
    patch : int, px
        Its side, the same on every level.
    """
    left, gap = 0, 12
    for octave, (level, (x, y)) in enumerate(zip(levels, points, strict=True)):
        height, width = level.shape
        place = (left - 0.5, left + width - 0.5, height - 0.5, -0.5)
        ax.imshow(level, cmap="gray", vmin=0, vmax=255, extent=place)
        corner = (left + x - patch / 2, y - patch / 2)
        ax.add_patch(Rectangle(corner, patch, patch, fill=False, color="black", linewidth=2.6))
        ax.add_patch(Rectangle(corner, patch, patch, fill=False, color=ORANGE, linewidth=1.4))
        ax.text(left + width / 2, height + 8, f"level {octave}", va="top", ha="center", fontsize=8)
        left += width + gap
    ax.set(xlim=(-1, left - gap), ylim=(levels[0].shape[0] + 55, -1))
    return _bare(ax)


def matches(
    image_a: np.ndarray,
    image_b: np.ndarray,
    points_a: np.ndarray,
    points_b: np.ndarray,
    right: np.ndarray,
    *,
    ax: Axes,
    title: str = "",
) -> Axes:
    """Draw two pictures side by side and a line for each match, by whether it is right.

    Parameters
    ----------
    image_a, image_b : (H, W) uint8 grey or (H, W, 3) RGB, alike in that
    points_a, points_b : (n, 2) x and y in px of the two pictures; row i of both is match i
    right : (n,) bool
        Drawn solid and blue if true, dashed and orange if not.
    ax : Axes
    title : str
    """
    gap = 10
    height = max(len(image_a), len(image_b))
    offset = image_a.shape[1] + gap
    shape = (height, offset + image_b.shape[1], *image_a.shape[2:])
    sheet = np.full(shape, 255, np.uint8)
    sheet[: len(image_a), : image_a.shape[1]] = image_a
    sheet[: len(image_b), offset:] = image_b
    show_image(sheet, ax=ax, title=title, alpha=0.4)
    styles = {False: (ORANGE, (0, (7, 3)), "wrong"), True: (BLUE, "-", "right")}
    for truth, (color, dashes, name) in styles.items():
        ends_a, ends_b = points_a[right == truth], points_b[right == truth] + [offset, 0]
        xs, ys = np.stack([ends_a, ends_b, np.full_like(ends_b, np.nan)], axis=1).reshape(-1, 2).T
        ax.plot(
            xs, ys, color=color, linestyle=dashes, linewidth=0.9, label=f"{name} ({len(ends_a)})"
        )
        ax.plot(xs, ys, ".", color=color, markersize=3)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2, frameon=False)
    return ax


def distance_scatter(hamming: np.ndarray, euclid: np.ndarray, *, ax: Axes) -> Axes:
    """Draw one distance over the other: a dot for each pair of descriptors.

    Parameters
    ----------
    hamming : (n,) int, bits that differ
    euclid : (n,) float, Euclidean distance of the bytes as numbers
    ax : Axes
    """
    ax.scatter(hamming, euclid, 8, color=BLUE, alpha=0.35, linewidths=0)
    ax.set(xlabel="Hamming distance (bits)", ylabel="Euclidean, on bytes")
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    return ax


def distance_histogram(
    distances: Mapping[str, np.ndarray], *, ax: Axes, title: str = "", bits: int = 256
) -> Axes:
    """Draw how often each Hamming distance occurs, as shares, one outline a kind of pair.

    Parameters
    ----------
    distances : mapping of a name to (n,) int, bits that differ
    ax : Axes
    title : str
    bits : int
        Length of the descriptors: the end of the axis.
    """
    styles = [(BLUE, "-", ""), (ORANGE, "--", "///"), (GREEN, ":", "...")]
    for (name, values), (color, line, hatch) in zip(distances.items(), styles, strict=False):
        weights = np.full(len(values), 1 / max(len(values), 1))
        shape = {"histtype": "stepfilled", "linestyle": line, "linewidth": 1.8, "hatch": hatch}
        ax.hist(
            values, range(0, bits + 5, 4), weights=weights, label=name,
            facecolor=color + "40", edgecolor=color, **shape,
        )  # fmt: skip
    ax.set(xlim=(0, bits), xticks=range(0, bits + 1, bits // 8), title=title)
    ax.set(xlabel="Hamming distance (bits that differ)", ylabel="share of pairs")
    ax.legend(frameon=False)
    return ax


def _bare(ax: Axes, title: str = "") -> Axes:
    """Take away ticks, grid and frame."""
    ax.set(xticks=[], yticks=[], title=title)
    ax.grid(False)
    ax.spines[:].set_visible(False)
    return ax
