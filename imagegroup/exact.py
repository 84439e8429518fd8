"""Sums that never round, so that every machine gets the same bits.

A float holds whole numbers without rounding up to 2**24 (float32) or 2**53 (float64). A sum whose
partial sums all stay below is exact, and an exact sum is the same in every order: on each kernel
of a BLAS, with any number of threads, with fused multiply-add or without. So what is summed here
are whole numbers of steps of a grid, the steps being powers of two. All else that the groups
depend on is + - * / and the square root of single elements, where IEEE 754 fixes every bit.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

EXPONENT = 11
"""The vectors of our encodings are whole multiples of 2**-11: float32 products are exact."""
LENGTH_BITS = 23
"""Other vectors are at most 2**23 steps long, fewer where there are many; see `choose_grid`."""
_BLOCK = 1_024  # columns, or rows, that are turned into steps at a time


def product(
    a: np.ndarray, b: np.ndarray, *, of_a: float | None = None, of_b: float | None = None
) -> np.ndarray:
    """Multiply matrices of whole numbers without rounding, in float32 where that can hold them.

    Parameters
    ----------
    a : (n, d) float
    b : (d, m) float
        Whole numbers both.
    of_a, of_b : float, optional
        The largest of each without its sign, where it is known: to look takes as long as a third
        of the product.

    Returns
    -------
    (n, m) float32 or float64
        Exact: in any order of summation, no partial sum needs more bits than the type has.

    Raises
    ------
    OverflowError
        A sum might not fit into float64. No partial sum exceeds the length of a row times that of
        a column (Cauchy and Schwarz), nor the number of terms times the largest of each.
    ArithmeticError
        This NumPy multiplies matrices with fewer digits than its types have.

    Examples
    --------
    2**24 + 1 is the first whole number that float32 cannot hold; 1 * 2**24 + 1 * 1 needs float64.

    >>> product(np.ones((1, 2), np.float32), np.float32([[2**24], [1]])).item()
    16777217.0
    """
    check_blas(np.matmul)
    largest_a = largest_number(a) if of_a is None else of_a
    largest_b = largest_number(b) if of_b is None else of_b
    largest = _bound(a, b, largest_a, largest_b)
    if largest > 2**53:
        raise OverflowError(
            f"products up to {largest:.3g}: expected at most 2**53, which float64 holds exactly."
        )
    kind = np.float32 if largest <= 2**24 else np.float64
    return a.astype(kind, copy=False) @ b.astype(kind, copy=False)


def largest_number(values: np.ndarray) -> float:
    """Return the largest of some numbers without its sign.

    >>> largest_number(np.array([-3.0, 2.0]))
    3.0
    """
    return float(max(values.max(initial=0), -values.min(initial=0)))


def _bound(a: np.ndarray, b: np.ndarray, largest_a: float, largest_b: float) -> float:
    """Return a number that no partial sum of a @ b exceeds, nor any element of a or b."""
    plain = largest_a * largest_b * a.shape[1]
    if plain > 2**24:
        # Lengths give a narrower bound, at some cost; 1.001 because these sums themselves round.
        rows = float(np.square(a, dtype=np.float64).sum(axis=1).max(initial=0))
        columns = float(np.square(b, dtype=np.float64).sum(axis=0).max(initial=0))
        plain = min(plain, 1.001 * math.sqrt(rows * columns))
    return max(plain, largest_a, largest_b)


@functools.cache
def check_blas(multiply: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
    """Multiply matrices that show every lost bit, once a process.

    Some libraries can be told to round to bfloat16 or TensorFloat-32 on the way.

    Raises
    ------
    ArithmeticError
        Some bits are lost.
    """
    for kind, bits in ((np.float32, 24), (np.float64, 53)):
        for n, d, m in ((1, 64, 1), (7, 64, 16), (48, 128, 24)):
            # Odd numbers, so that the last bit counts; sums reach the limit of the type. Once both
            # factors have half the bits, once one has them all.
            spare = bits - int(math.log2(d))
            for digits in (spare // 2, spare - 1):
                a = (np.arange(n * d).reshape(n, d) * 7919) % 2**digits | 1
                b = (np.arange(d * m).reshape(d, m) * 104_729) % 2 ** (spare - digits) | 1
                if np.array_equal(multiply(a.astype(kind), b.astype(kind)), a @ b):
                    continue
                raise ArithmeticError(
                    f"this NumPy multiplies {kind.__name__} matrices at reduced precision: groups "
                    "would differ from those of other machines. Unset what makes its BLAS do so "
                    "(such as MKL_*PRECISION, NVIDIA_TF32_OVERRIDE), or install numpy from PyPI."
                )


def whole_sum(values: np.ndarray, exponent: int, axis: int | None = None) -> np.ndarray:
    """Round to multiples of 2**-exponent, then sum: exact, whatever the order.

    Parameters
    ----------
    values : array of float
        At most 2**(62 - exponent) in all.
    exponent : int
    axis : int, optional

    Examples
    --------
    Ten times 0.1 in steps of 1/1024: 0.1 becomes 102/1024.

    >>> whole_sum(np.full(10, 0.1), 10) == 10 * 102 / 1024
    np.True_
    """
    steps = np.rint(np.ldexp(values, exponent)).astype(np.int64)
    return np.ldexp(steps.sum(axis=axis).astype(np.float64), -exponent)


@dataclass(frozen=True, eq=False)
class Grid:
    """A grid on which numbers are counted in steps.

    Attributes
    ----------
    exponent : int
        A step is 2**-exponent.
    origin : (d,) float64, or 0.0
        What is counted from: distances do not depend on it.
    """

    exponent: int
    origin: np.ndarray | float = 0.0

    def steps(self, values: np.ndarray, columns: slice = slice(None)) -> np.ndarray:
        """Return the nearest whole numbers of steps, (n, m) float, of columns of the vectors."""
        if np.ndim(self.origin):
            values = values - self.origin[columns]
        elif values.dtype.kind != "f":
            values = values.astype(np.float32 if values.dtype.itemsize == 1 else np.float64)
        return np.rint(np.ldexp(values, self.exponent)) + 0.0  # -0.0 becomes 0.0


def choose_grid(vectors: np.ndarray) -> Grid:
    """Choose the grid on which vectors are compared.

    Parameters
    ----------
    vectors : (n, d) finite numbers

    Returns
    -------
    Grid
        For bytes, other whole numbers and the vectors of our own encodings one that holds them as
        they are; else the finest on which no vector is longer than 2**23 steps, and sums of n
        products stay below 2**52: 2**20 steps for 2,000 vectors and more.

    Raises
    ------
    ValueError
        A number is not finite.

    Examples
    --------
    >>> choose_grid(np.zeros((2, 3), np.uint8)).exponent
    0
    >>> choose_grid(np.array([[0.1], [0.7]])).exponent  # 0.6 * 2**23 < 2**23
    23
    """
    if not vectors.size:
        return Grid(0)
    low = vectors.min(axis=0)
    high = vectors.max(axis=0)
    if vectors.dtype.kind == "f" and not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise ValueError("vectors that are not finite: expected numbers without nan and infinity.")
    bits = max(20, min(LENGTH_BITS, (52 - len(vectors).bit_length()) // 2))
    root = math.sqrt(vectors.shape[1])
    longest = max(abs(float(high.max())), abs(float(low.min()))) * root
    for exponent in (0, EXPONENT):
        if longest * 2**exponent <= 2**bits and _is_on(vectors, exponent):
            return Grid(exponent)
    origin = low.astype(np.float64)
    span = float((high - origin).max()) * root
    return Grid(bits - math.frexp(span)[1], origin)


def _is_on(vectors: np.ndarray, exponent: int) -> bool:
    """Whether all are whole multiples of 2**-exponent; looked at in blocks, to save memory."""
    if vectors.dtype.kind != "f":
        return True
    blocks = (vectors[start : start + _BLOCK] for start in range(0, len(vectors), _BLOCK))
    scaled = (np.ldexp(block, exponent) for block in blocks)
    return all(np.array_equal(block, np.rint(block)) for block in scaled)


def gram_matrix(vectors: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the inner products of all pairs of vectors, in steps of the grid.

    Parameters
    ----------
    vectors : (n, d) numbers
    grid : Grid

    Returns
    -------
    (n, n) float64, whole numbers

    Raises
    ------
    ArithmeticError
        A weighted sum of them is not what integers give: the BLAS did not add plainly.

    Examples
    --------
    >>> gram_matrix(np.array([[0.5, 1.0], [1.0, 0.0]]), Grid(exponent=1))  # rows (1, 2), (2, 0)
    array([[5., 2.],
           [2., 4.]])
    """
    n, d = vectors.shape
    gram, weights = np.zeros((n, n)), np.arange(1, n + 1)
    expected = np.int64(0)
    # 256 products of two bytes stay below 2**24, where float32 is exact and twice as fast.
    width = 256 if vectors.dtype == np.uint8 else _BLOCK
    for start in range(0, d, width):
        columns = slice(start, start + width)
        steps = grid.steps(vectors[:, columns], columns)
        gram += product(steps, steps.T)
        weighted = weights @ steps.astype(np.int64)
        expected += (weighted * weighted).sum()  # may wrap round at 2**64, as the other side does
    if weights @ gram.astype(np.int64) @ weights != expected:
        raise ArithmeticError(
            "products of the vectors fail their checksum: this NumPy does not add plainly. "
            "Install numpy from PyPI."
        )
    return gram


def squared_distances(gram: np.ndarray) -> np.ndarray:
    """Return the squared distances of all pairs, (n, n), from their inner products.

    >>> squared_distances(np.array([[5.0, 2.0], [2.0, 4.0]]))[0, 1]  # (1, 2) to (2, 0): 1 + 4
    np.float64(5.0)
    """
    squares = np.diag(gram)
    return squares[:, None] + squares - 2 * gram
