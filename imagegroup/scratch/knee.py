"""Where a curve bends most: the six steps of Kneedle, as kneed 0.9 takes them.

A knee is a point after which more effort brings little more. Kneedle turns the curve so that it
rises and flattens, measures how far it runs above the straight line from its first to its last
point, and looks for a peak of that distance which is followed by a fall. Everything is relative to
the first and the last point: with other end points, another knee. Satopaa et al., Finding a
"kneedle" in a haystack, ICDCSW 2011, doi:10.1109/ICDCSW.2011.20.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Knee:
    """What each step made of a curve of n points.

    Attributes
    ----------
    x, y : (n,) float64
        Step 1, the curve. The paper smooths it first; kneed by default takes it as it is.
    unit_x, unit_y : (n,) float64 in [0, 1]
        Step 2, scaled to a square; nan for a flat curve.
    turned_x, turned_y : (n,) float64 in [0, 1]
        Step 3, turned and mirrored so that it rises and flattens.
    difference : (n,) float64
        Step 4, how far the turned curve runs above the diagonal.
    maxima, minima : (m,) int
        Indices of its local maxima and minima. The ends and the points of a plateau count.
    thresholds : (m,) float64
        Step 5, one for each maximum: its height less sensitivity times the mean step in x.
    level : (n,) float64
        The threshold in force at each point; nan before the first maximum, and from a minimum to
        the next maximum, where nothing is decided.
    knees : tuple of float
        Step 6, the x of each maximum after which the difference falls below its threshold.
    """

    x: np.ndarray
    y: np.ndarray
    unit_x: np.ndarray
    unit_y: np.ndarray
    turned_x: np.ndarray
    turned_y: np.ndarray
    difference: np.ndarray
    maxima: np.ndarray
    minima: np.ndarray
    thresholds: np.ndarray
    level: np.ndarray
    knees: tuple[float, ...]

    @property
    def knee(self) -> float | None:
        """The first knee, counted from the end where the curve is steep; None if there is none."""
        return self.knees[0] if self.knees else None


def find_knee(
    x: np.ndarray,
    y: np.ndarray,
    *,
    curve: str = "convex",
    direction: str = "decreasing",
    sensitivity: float = 1.0,
) -> Knee:
    """Take the six steps; the knee of a convex decreasing curve is its elbow.

    Parameters
    ----------
    x : (n,) ascending, n at least 2
    y : (n,)
    curve : "convex" or "concave"
    direction : "decreasing" or "increasing"
    sensitivity : float
        How many mean steps in x the difference must fall below its maximum. Larger finds fewer.

    Raises
    ------
    ValueError
        x does not ascend, or the lengths differ, or a word is not one of those above.

    Examples
    --------
    Steep to 3, then flat. The line from (1, 10) to (6, 0) falls by 2 a step; the curve runs
    farthest below it at 3, where it is 1 and the line 6: half of the height of 10.

    >>> steps = find_knee([1, 2, 3, 4, 5, 6], [10, 5, 1, 0.6, 0.3, 0])
    >>> steps.knee, steps.difference.max().round(3)
    (3.0, np.float64(0.5))

    A straight line bends nowhere.

    >>> find_knee([1, 2, 3], [2, 1, 0]).knee is None
    True
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.shape != y.shape or x.ndim != 1 or len(x) < 2 or not (np.diff(x) > 0).all():
        raise ValueError(
            f"x of shape {x.shape}, y of shape {y.shape}: expected two rows of one length, "
            "at least 2, x ascending."
        )
    if curve not in ("convex", "concave") or direction not in ("decreasing", "increasing"):
        raise ValueError(
            f"curve={curve!r}, direction={direction!r}: expected convex or concave, "
            "and decreasing or increasing."
        )
    unit_x, unit_y = to_unit(x), to_unit(y)
    turned_x, turned_y = turn(unit_x, unit_y, curve, direction)
    difference = turned_y - turned_x
    maxima, minima = local_maxima(difference), local_maxima(-difference)
    thresholds = difference[maxima] - sensitivity * np.abs(np.diff(turned_x).mean())
    level, found = decide(difference, maxima, minima, thresholds)
    at = x[::-1] if _is_mirrored(curve, direction) else x
    return Knee(
        x=x,
        y=y,
        unit_x=unit_x,
        unit_y=unit_y,
        turned_x=turned_x,
        turned_y=turned_y,
        difference=difference,
        maxima=maxima,
        minima=minima,
        thresholds=thresholds,
        level=level,
        knees=tuple(float(at[i]) for i in found),
    )


def to_unit(values: np.ndarray) -> np.ndarray:
    """Step 2: scale to 0 to 1; a flat curve has no height to divide by and becomes nan.

    >>> to_unit(np.array([10.0, 20, 15])).tolist()
    [0.0, 1.0, 0.5]
    """
    with np.errstate(invalid="ignore"):
        return (values - values.min()) / (values.max() - values.min())


def turn(x: np.ndarray, y: np.ndarray, curve: str, direction: str) -> tuple[np.ndarray, np.ndarray]:
    """Step 3: turn the curve so that it rises, steeply at first. Convex: upside down; the two whose
    steep end is on the right: also left to right.

    >>> x, y = turn(np.array([0, 0.5, 1]), np.array([1, 0.2, 0]), "convex", "decreasing")
    >>> x.tolist(), y.tolist()
    ([0.0, 0.5, 1.0], [0.0, 0.8, 1.0])
    """
    if curve == "convex":
        y = y.max() - y
    if _is_mirrored(curve, direction):
        x, y = (1 - x)[::-1], y[::-1]
    return x, y


def local_maxima(values: np.ndarray) -> np.ndarray:
    """Step 4: return the indices where no neighbour is larger; an end has one neighbour.

    >>> local_maxima(np.array([0, 2, 1, 3, 3])).tolist()
    [1, 3, 4]
    """
    before, after = np.append(values[0], values[:-1]), np.append(values[1:], values[-1])
    return np.flatnonzero((values >= before) & (values >= after))


def decide(
    difference: np.ndarray, maxima: np.ndarray, minima: np.ndarray, thresholds: np.ndarray
) -> tuple[np.ndarray, list[int]]:
    """Step 6: walk along the difference; a maximum is a knee when the next points fall below its
    threshold before they rise again.

    Returns
    -------
    level : (n,) float64
        As in `Knee`.
    found : list of int
        Indices of the maxima that are knees, in order.

    Examples
    --------
    The fall after the first maximum ends at 0.4, above 0.3; that after the second does not.

    >>> heights = np.array([0, 0.5, 0.4, 0.6, 0.3, 0])
    >>> decide(heights, np.array([1, 3]), np.array([0, 2, 5]), np.array([0.3, 0.4]))[1]
    [3]
    """
    threshold_of = dict(zip(maxima.tolist(), thresholds, strict=True))
    falls = set(minima.tolist())
    level, found, peak = np.full(len(difference), np.nan), [], None
    for i in range(len(difference) - 1):
        if i in threshold_of:
            peak = i
        if i in falls:
            peak = None
        if peak is None:
            continue
        level[i] = threshold_of[peak]
        if difference[i + 1] < level[i] and peak not in found:
            found.append(peak)
    return level, found


def _is_mirrored(curve: str, direction: str) -> bool:
    """Whether the steep end, where Kneedle begins, is on the right."""
    return (curve, direction) in {("concave", "decreasing"), ("convex", "increasing")}
