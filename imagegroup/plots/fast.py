"""FAST under the magnifier: the ring of one pixel, its classes, its arc, its score."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from imagegroup.plots.features import BLUE, ORANGE, _bare
from imagegroup.scratch.fast import RING, PixelTest

CLASSES = {
    1: {"edgecolor": ORANGE, "linestyle": "-", "linewidth": 2.4},
    -1: {"edgecolor": BLUE, "linestyle": "--", "linewidth": 2.4},
    0: {"edgecolor": "#444444", "linestyle": ":", "linewidth": 1.2},
}
"""Frames: lighter solid and orange, darker dashed and blue, similar dotted and grey."""


def fast_ring(image: np.ndarray, test: PixelTest, *, ax: Axes, title: str = "") -> Axes:
    """Draw the ring of 16 around a pixel: each framed by its class, the longest arc drawn outside.

    On the centre stands its grey value, on the ring the differences from it.

    Parameters
    ----------
    image : (H, W) uint8 grey
    test : PixelTest
        As `examine_pixel` returns it for a pixel of this image.
    ax : Axes
    title : str
    """
    ax.imshow(image, cmap="gray", vmin=0, vmax=255)
    reach = 4.55
    ax.set(xlim=(test.x - reach, test.x + reach), ylim=(test.y + reach, test.y - reach))
    _frame(ax, test.x, test.y, {"edgecolor": "black", "linewidth": 2})
    _number(ax, test.x, test.y, str(test.centre), test.centre)
    for (dx, dy), kind, difference, grey in zip(
        RING, test.classes, test.differences, test.ring, strict=True
    ):
        _frame(ax, test.x + dx, test.y + dy, CLASSES[int(kind)])
        _number(ax, test.x + dx, test.y + dy, f"{difference:+d}", grey)
    outside = RING[test.arc.positions] * 1.42 + [test.x, test.y]
    if test.arc.length == 16:
        outside = np.vstack([outside, outside[:1]])
    color = CLASSES[test.arc.kind]["edgecolor"]
    ax.plot(*outside.T, color="black", linewidth=6, solid_capstyle="round")
    ax.plot(*outside.T, color=color, linewidth=4, solid_capstyle="round")
    return _bare(ax, title)


def ring_bars(test: PixelTest, threshold: int, *, ax: Axes, title: str = "") -> Axes:
    """Draw the sixteen differences as bars in ring order, with the threshold on both sides.

    Parameters
    ----------
    test : PixelTest
    threshold : int, grey levels
        The one that `test` was made with.
    ax : Axes
    title : str
    """
    bars = ax.bar(range(16), test.differences, 0.7, facecolor="white")
    for position, (bar, kind) in enumerate(zip(bars, test.classes, strict=True)):
        style = CLASSES[int(kind)]
        bar.set(**style)
        if position in test.arc.positions:
            bar.set(facecolor=style["edgecolor"] + "80")
    for limit in (threshold, -threshold):
        ax.axhline(limit, color="black", linestyle="--", linewidth=1)
        ax.annotate(f"{limit:+d}", (15.8, limit), va="center", annotation_clip=False)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(xticks=range(0, 16, 2), xlim=(-0.7, 15.7), title=title)
    ax.set(xlabel="position on the ring (filled: the longest arc)", ylabel="ring - centre")
    ax.tick_params(axis="x", labelsize=8)
    ax.grid(axis="x", visible=False)
    return ax


def _frame(ax: Axes, x: float, y: float, style: dict) -> None:
    """Frame a pixel, on a wider white frame, so that it shows on dark ground too."""
    place = ((x - 0.43, y - 0.43), 0.86, 0.86)
    halo = style["linewidth"] + 1.2
    ax.add_patch(Rectangle(*place, fill=False, edgecolor="white", linewidth=halo))
    ax.add_patch(Rectangle(*place, fill=False, **style))


def _number(ax: Axes, x: float, y: float, text: str, grey: int) -> None:
    ink = "white" if grey < 128 else "black"
    size = 7 if len(text) < 4 else 5.2
    ax.text(x, y, text, ha="center", va="center", color=ink, fontsize=size, zorder=5)
