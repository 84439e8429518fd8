"""Read what a student's function returned: lists, other dtypes and whole floats are welcome."""

from __future__ import annotations

import numpy as np

from imagegroup.teach.checking import Misread


def describe(value: object) -> str:
    """Say in a few words what was returned, never a long array.

    >>> describe([1, 2, 3]), describe(np.zeros((2, 5))), describe(None)
    ('a list of 3', 'an array of shape (2, 5)', 'None')
    """
    if isinstance(value, np.ndarray) and value.ndim:
        return f"an array of shape {value.shape}"
    if isinstance(value, (list, tuple, set, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a number of more than 15 digits"
    if value is None or isinstance(value, (bool, int)):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    text = repr(value) if isinstance(value, str) else f"a {type(value).__name__}"
    return text if len(text) <= 40 else text[:37] + "..."


def read_array(value: object, shape: tuple[int, ...], expected: str) -> np.ndarray:
    """Return a float64 array of a shape; `expected` names it in words.

    Raises
    ------
    Misread
        Not real numbers, or another shape.
    """
    array = to_array(value)
    if array is None or array.shape != shape:
        raise Misread(f"{describe(value)}; expected {expected}")
    return array


def read_number(value: object, expected: str) -> float:
    """Return a float, of a number or of an array that holds a single one."""
    array = to_array(value)
    if array is None or array.size != 1:
        raise Misread(f"{describe(value)}; expected {expected}")
    return float(array.item())


def read_flag(value: object, expected: str) -> bool:
    """Return a bool; 0 and 1 count too."""
    number = read_number(value, expected)
    if number not in (0, 1):
        raise Misread(f"{describe(value)}; expected {expected}")
    return bool(number)


def to_array(value: object) -> np.ndarray | None:
    """Return a float64 array of what was returned, or None when it is not of real numbers."""
    try:
        array = np.asarray(value)
        return None if array.dtype.kind in "SUVcMm" else array.astype(float)
    except Exception:  # the student's object may raise anything
        return None
