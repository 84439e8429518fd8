"""What describes a patch: its centre of mass, its pairs of points, its bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from imagegroup.plots.features import BLUE, GREEN, GREY, ORANGE, _bare


def centroid_patch(
    patch: np.ndarray,
    mask: np.ndarray,
    centroid: Sequence[float],
    angle: float,
    *,
    ax: Axes,
    title: str = "",
) -> Axes:
    """Draw a patch, the disc that is weighed, its centre of mass and the direction to it.

    Parameters
    ----------
    patch : (2h + 1, 2h + 1) uint8 grey, centred on the keypoint
    mask : bool, shape of `patch`
        The disc; what lies outside is faded.
    centroid : (x, y) px from the centre
    angle : float, degrees clockwise from the right
    ax : Axes
    title : str
    """
    half = len(patch) // 2
    place = (-half - 0.5, half + 0.5, half + 0.5, -half - 0.5)
    ax.imshow(patch, cmap="gray", vmin=0, vmax=255, extent=place)
    faded = np.zeros((*mask.shape, 4))
    faded[~mask] = (1, 1, 1, 0.75)
    ax.imshow(faded, extent=place)
    turn = np.radians(angle)
    tip = (half * np.cos(turn), half * np.sin(turn))
    for color, width in (("black", 3.4), (ORANGE, 1.8)):
        arrow = {"arrowstyle": "->", "color": color, "linewidth": width, "shrinkA": 0}
        ax.annotate("", tip, (0, 0), arrowprops=arrow)
    ax.plot(0, 0, "s", color="white", markeredgecolor="black", markersize=8, zorder=4)
    ax.plot(*centroid, "o", color=BLUE, markeredgecolor="white", markersize=9, zorder=4)
    return _bare(ax, title)


def brief_pairs(
    offsets: np.ndarray,
    bits: np.ndarray | None = None,
    *,
    ax: Axes,
    patch: np.ndarray | None = None,
    title: str = "",
) -> Axes:
    """Draw pairs of points as lines, by the answer to "is the first darker?".

    Yes (1): solid and orange; no (0): dashed and blue; without `bits` all alike. A dot marks the
    first point of a pair.

    Parameters
    ----------
    offsets : (n, 2, 2) int
        Pair, point, x and y in px from the centre.
    bits : (n,) of 0 and 1, optional
    ax : Axes
    patch : (2h + 1, 2h + 1) uint8 grey, optional
        Drawn below, centred; without it the 31 x 31 patch is outlined.
    title : str
    """
    half = 15 if patch is None else len(patch) // 2
    if patch is not None:
        ax.imshow(
            patch, cmap="gray", vmin=0, vmax=255,
            extent=(-half - 0.5, half + 0.5, half + 0.5, -half - 0.5),
        )  # fmt: skip
    ax.add_patch(Rectangle((-15.5, -15.5), 31, 31, fill=False, color=GREY, linewidth=1))
    ax.set(xlim=(-half - 0.6, half + 0.6), ylim=(half + 0.6, -half - 0.6), aspect="equal")
    styles = {1: (ORANGE, "-"), 0: (BLUE, (0, (3, 1.5)))}
    thin = 2.2 if len(offsets) <= 40 else 0.7
    for pair, bit in zip(offsets, np.ones(len(offsets)) if bits is None else bits, strict=True):
        color, dashes = (BLUE, "-") if bits is None else styles[int(bit)]
        if patch is not None and thin > 1:
            ax.plot(*pair.T, color="white", linewidth=2.1 * thin, solid_capstyle="round")
        ax.plot(*pair.T, color=color, linestyle=dashes, linewidth=thin)
        ax.plot(*pair[0], "o", color=color, markersize=1.2 + 1.6 * thin, markeredgewidth=0)
    return _bare(ax, title)


def bit_strip(
    rows: Mapping[str, np.ndarray], *, ax: Axes, highlight: np.ndarray | None = None
) -> Axes:
    """Draw descriptors as strips of cells, white for 0 and black for 1, a row of 64 a line.

    Parameters
    ----------
    rows : mapping of a name to (n_bits,) of 0 and 1
        n_bits a multiple of 64.
    ax : Axes
    highlight : (n_bits,) bool, optional
        Cells to mark with an orange frame and a cross in every strip, such as those that differ.
    """
    top, ticks = 0.0, []
    for name, bits in rows.items():
        lines = np.asarray(bits).reshape(-1, 64)
        place = (0, 64, top + len(lines), top)
        ax.imshow(1 - lines, cmap="gray", vmin=-0.15, vmax=1, extent=place, aspect="auto")
        ax.add_patch(Rectangle((0, top), 64, len(lines), fill=False, color=GREY))
        for y, x in np.argwhere(highlight.reshape(-1, 64)) if highlight is not None else ():
            frame = Rectangle((x, y + top), 1, 1, fill=False, color=ORANGE, linewidth=1.6)
            ax.add_patch(frame)
        for edge in range(8, 64, 8):
            ax.plot([edge, edge], [top, top + len(lines)], color=GREY, linewidth=0.6)
        ticks.append((top + len(lines) / 2, name))
        top += len(lines) + 0.8
    ax.set(xlim=(-0.2, 64.2), ylim=(top - 0.6, -0.2))
    _bare(ax)
    ax.set_yticks(*zip(*ticks, strict=True))
    ax.set_xticks(range(0, 65, 8))
    ax.tick_params(length=0)
    return ax


def bit_squares(
    bright: np.ndarray, dark: np.ndarray, pair: np.ndarray, *, ax: Axes, title: str = ""
) -> Axes:
    """Draw where one odd pixel makes one bit 1: the two squares that the bit compares.

    Parameters
    ----------
    bright, dark : (2h + 1, 2h + 1) bool
        Places, around the keypoint, of a bright pixel on black and of a dark one on grey that
        make the bit 1.
    pair : (2, 2) int
        The points of the test, x and y in px from the keypoint.
    ax : Axes
    title : str
    """
    half = len(bright) // 2
    sheet = np.full((*bright.shape, 3), 235, np.uint8)
    sheet[bright], sheet[dark] = (230, 159, 0), (0, 114, 178)
    ax.imshow(sheet, extent=(-half - 0.5, half + 0.5, half + 0.5, -half - 0.5))
    ax.add_patch(Rectangle((-15.5, -15.5), 31, 31, fill=False, color=GREY))
    ax.plot(0, 0, "+", color="black", markersize=12, markeredgewidth=2)
    for (x, y), name in zip(pair, ("first: dark here", "second: bright here"), strict=True):
        ax.plot(x, y, "o", color="white", markeredgecolor="black", markersize=6)
        side = 1 if x <= 0 else -1
        near = {"va": "center", "ha": "left" if x <= 0 else "right"}
        ax.annotate(f"{name}\n({x}, {y})", (x + 4 * side, y), fontsize=8, **near)
    return _bare(ax, title)


def angle_curves(degrees: Sequence[float], curves: Mapping[str, np.ndarray], *, ax: Axes) -> Axes:
    """Draw how many bits differ over the angle by which a photo was turned.

    Parameters
    ----------
    degrees : (n,) numbers
    curves : mapping of a name to (n,) numbers, bits
    ax : Axes
    """
    styles = [(BLUE, "-", "o"), (ORANGE, "--", "s"), (GREEN, ":", "^")]
    for (name, values), (color, line, marker) in zip(curves.items(), styles, strict=False):
        ax.plot(degrees, values, color=color, linestyle=line, marker=marker, label=name)
    ax.set(xlabel="photo turned by (degrees)", ylabel="bits that differ, of 256")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    return ax
