"""Robustness: how scores fall as two views differ more, and precision against recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

_LOOKS = (("C0", "-", "o"), ("C1", "--", "s"), ("C2", ":", "^"), ("C3", "-.", "D"))
"""Colour, line and marker: the last two tell curves apart in grey."""


def robustness_curves(
    amounts: Sequence[float],
    curves: Mapping[str, np.ndarray],
    *,
    ax: Axes,
    xlabel: str,
    ylabel: str,
) -> Axes:
    """Draw mean scores over the amounts of a disturbance, each with its interval over photos.

    The amounts stand side by side at equal distances, so that no two intervals hide each other.

    Parameters
    ----------
    amounts : (n,) numbers
    curves : mapping of a name, at most 4, to (n, 3) float
        Mean, low and high, as `robustness.mean_with_interval` returns them; nan leaves a gap.
    ax : Axes
    xlabel, ylabel : str
    """
    asides = 0.07 * (np.arange(len(curves)) - (len(curves) - 1) / 2)
    for (name, rows), aside, look in zip(curves.items(), asides, _LOOKS, strict=False):
        mean, low, high = np.asarray(rows, float).T
        color, line, marker = look
        places = np.arange(len(amounts)) + aside
        ax.plot(places, mean, color=color, linestyle=line, marker=marker, label=name)
        ax.vlines(places, low, high, color=color, linewidth=1.2)
    ax.set_xticks(range(len(amounts)), [f"{amount:g}" for amount in amounts])
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.grid(axis="x", visible=False)
    return _named(ax, len(curves))


def precision_recall_curves(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], *, ax: Axes
) -> Axes:
    """Draw how precision falls as more matches are taken, the surest first.

    Parameters
    ----------
    curves : mapping of a name, at most 4, to (recall, precision), each (n,) float
        As `robustness.precision_recall` returns them.
    ax : Axes
    """
    for (name, (recall, precision)), look in zip(curves.items(), _LOOKS, strict=False):
        color, line, marker = look
        every = max(len(recall) // 6, 1)
        ax.plot(recall, precision, color=color, linestyle=line, marker=marker, label=name,
                markevery=(every // 2, every))  # fmt: skip
    ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.03))
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    return _named(ax, len(curves))


def _named(ax: Axes, curves: int) -> Axes:
    if curves > 1:
        ax.legend(ncols=curves, loc="lower center", bbox_to_anchor=(0.5, 1), handlelength=3)
    return ax
