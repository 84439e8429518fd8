"""Figures in one style, finished with a text for those who cannot see them."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

STYLE = str(Path(__file__).with_name("style.mplstyle"))


def new_axes(width: float = 7, height: float = 3.2, columns: int = 1) -> Axes | np.ndarray:
    """Make a figure in our style and return its axes.

    Parameters
    ----------
    width, height : float, inches
    columns : int
        Axes side by side; more than one are returned as an array.
    """
    with plt.style.context(STYLE), plt.ioff():
        return plt.subplots(1, columns, figsize=(width, height))[1]


class Picture:
    """A finished figure with a text for those who cannot see it.

    Notebooks and their HTML show it as an image with that text; figures that Jupyter shows by
    itself lose it.
    """

    def __init__(self, image: bytes, alt: str) -> None:
        self.image, self.alt = image, alt

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.image).decode()
        alt = html.escape(self.alt, quote=True)
        return f'<img src="data:image/webp;base64,{data}" alt="{alt}" style="max-width: 100%">'

    def __repr__(self) -> str:
        return f"[picture: {self.alt}]"


def picture(ax: Axes | np.ndarray, alt: str) -> Picture:
    """Finish the figure of `ax`: encode it, close it, and attach the text that stands for it.

    Parameters
    ----------
    ax : Axes, or an array of the axes of one figure
    alt : str
        What the picture shows, for those who cannot see it.
    """
    figure = np.ravel(ax)[0].figure
    coded = []
    with plt.style.context(STYLE):
        for how in ({"quality": 88}, {"lossless": True}):  # photos and lines: the smaller wins
            data = io.BytesIO()
            figure.savefig(data, format="webp", dpi=110, pil_kwargs=how)
            coded.append(data.getvalue())
    plt.close(figure)
    return Picture(min(coded, key=len), alt)
