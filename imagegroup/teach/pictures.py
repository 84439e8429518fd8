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


def draw_centroid(value: float, case: Case) -> object:
    """Draw the patch with its centre of mass and the returned angle as an arrow."""
    from imagegroup import plots

    patch, disc = case.arguments
    y, x = np.mgrid[-15:16, -15:16]
    mass = np.where(disc, patch, 0).astype(float)
    middle = [(axis * mass).sum() / mass.sum() for axis in (x, y)]
    ax = plots.new_axes(3.4, 3.4)
    title = f"arrow: your {value:.4g} degrees"
    plots.centroid_patch(patch, disc, middle, value, ax=ax, title=title)
    return plots.picture(
        ax,
        f"The patch: {case.shown}. The dot is its centre of mass, the arrow your {value:.4g}°.",
    )


def draw_pair(value: np.ndarray, case: Case) -> object:
    """Draw the two points of the first wrong bit on the patch."""
    from imagegroup import plots

    patch, pairs = case.arguments
    bit = int(np.flatnonzero(value != case.expected)[0])
    (x1, y1), (x2, y2) = pairs[bit]
    ax = plots.new_axes(3.4, 3.4)
    title = f"pair {bit}, the dot is its first point"
    plots.brief_pairs(pairs[[bit]], value[[bit]], ax=ax, patch=patch, title=title)
    return plots.picture(
        ax,
        f"Pair {bit} on the patch: first point ({x1}, {y1}), second ({x2}, {y2}); "
        f"your bit is {value[bit]:g}.",
    )


def draw_bits(value: float, case: Case) -> object:
    """Draw the bits of the two descriptors, one below the other."""
    from imagegroup import plots

    a, b = (np.unpackbits(descriptor, bitorder="little") for descriptor in case.arguments)
    ax = plots.new_axes(7, 2.2)
    plots.bit_strip({"a": a, "b": b}, ax=ax)
    return plots.picture(
        ax, f"The 256 bits of both descriptors, {case.shown}; your distance is {value:g}."
    )


def draw_groups(value: np.ndarray, case: Case) -> object:
    """Draw the points in the returned groups, a ring around each that is wrong."""
    from imagegroup import plots

    points, centers = case.arguments
    shown = "" if points.shape[1] == 2 else f", two of {points.shape[1]} coordinates"
    ax = plots.new_axes(4.2, 3.4)
    wrong = value != case.expected
    title = f"your groups{shown}; rings: wrong"
    plots.grouped_points(points[:, :2], value, centers[:, :2], ax=ax, title=title, ringed=wrong)
    return plots.picture(
        ax, f"Points and centres{shown}: {case.shown}. Rings mark {wrong.sum()} wrong labels."
    )


def _seven_by_seven(differences: np.ndarray) -> np.ndarray:
    image = np.full((7, 7), CENTRE, np.uint8)
    image[3 + RING[:, 1], 3 + RING[:, 0]] = CENTRE + differences
    return image
