"""Numbers as bars, each with its name and its value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from imagegroup.plots.features import BLUE


def time_bars(seconds: Mapping[str, float], *, ax: Axes, title: str = "") -> Axes:
    """Draw a bar for each step, labelled in milliseconds."""
    milliseconds = {step: 1000 * s for step, s in seconds.items()}
    return named_bars(milliseconds, ax=ax, label="milliseconds", number="%.1f ms", title=title)


def named_bars(
    values: Mapping[str, float], *, ax: Axes, label: str, number: str = "%g", title: str = ""
) -> Axes:
    """Draw a horizontal bar for each name, from top to bottom, with its number at the end.

    Parameters
    ----------
    values : mapping of name to number
    ax : Axes
    label : str
        What the numbers are, with their unit.
    number : str
        How a number is written, as `%` formats it.
    title : str
    """
    bars = ax.barh(list(values), list(values.values()), color=BLUE)
    ax.bar_label(bars, fmt=number, padding=4)
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(label)
    ax.margins(x=0.15)
    ax.set_title(title)
    return ax


def state_bars(
    states: Sequence[str], counts: Mapping[str, Sequence[int]], *, ax: Axes, label: str = "files"
) -> Axes:
    """Draw how many files of each kind there are in each state, side by side.

    Parameters
    ----------
    states : sequence of m str
        In the order in which they follow each other.
    counts : mapping of kind to m int
    ax : Axes
    label : str
        What is counted.
    """
    width = 0.8 / len(counts)
    for i, (kind, numbers) in enumerate(counts.items()):
        places = np.arange(len(states)) + i * width - 0.4 + width / 2
        bars = ax.bar(places, numbers, width * 0.92, label=kind, hatch=["", "//", "xx"][i % 3])
        ax.bar_label(bars, padding=2)
    ax.set_xticks(range(len(states)), states)
    ax.set_ylabel(label)
    ax.margins(y=0.12)
    ax.legend(ncols=len(counts), loc="lower center", bbox_to_anchor=(0.5, 1))
    ax.grid(axis="x", visible=False)
    return ax
