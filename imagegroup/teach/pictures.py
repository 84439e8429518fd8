"""Draw the input that failed: its pixel, bit or points. Imports matplotlib only when it draws."""

from __future__ import annotations

import numpy as np

from imagegroup.scratch.fast import RING, examine_pixel
from imagegroup.teach.checking import Case

CENTRE = 120


def draw_ring(value: bool, case: Case) -> object:
    """Draw the 7 x 7 pixels that a FAST test got wrong."""
    from imagegroup import plots

    differences, threshold = case.arguments
    image = _seven_by_seven(differences)
    ax = plots.new_axes(3.4, 3.4)
    plots.fast_ring(
        image, examine_pixel(image, 3, 3, threshold), ax=ax, title=f"threshold {threshold}"
    )
    return plots.picture(ax, f"The ring of the input: {case.shown}. Your answer was {value}.")


def draw_differences(value: float, case: Case) -> object:
    """Draw the sixteen differences whose score is wrong, with the returned score as threshold."""
    from imagegroup import plots

    image, returned = _seven_by_seven(case.arguments[0]), int(np.clip(value, 0, 200))
    ax = plots.new_axes(5.5, 2.8)
    test = examine_pixel(image, 3, 3, returned)
    plots.ring_bars(test, returned, ax=ax, title=f"Threshold {returned}; your score: {value:g}")
    return plots.picture(
        ax, f"The sixteen differences: {case.shown}; lines at your score {value:g}."
    )


def _seven_by_seven(differences: np.ndarray) -> np.ndarray:
    image = np.full((7, 7), CENTRE, np.uint8)
    image[3 + RING[:, 1], 3 + RING[:, 0]] = CENTRE + differences
    return image
