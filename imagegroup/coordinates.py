"""Principal coordinates of vectors: what K-means and the criteria see, with the same bits anywhere.

The eigenvectors that LAPACK finds depend on the processor, wildly so where eigenvalues are nearly
equal, and rounding them afterwards is no remedy. Here every product is exact (see `exact`), what
is left is done element by element, and rows come in the order of their content: neither machine,
names nor the order of the files can change a bit.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np

from imagegroup.exact import Grid, choose_grid, gram_matrix, product

GRAM_ROWS = 2_000
"""Rows that are compared pair by pair at most; of more, these first in the order of content."""
SPARE = 16
"""Axes that the iteration turns beside those asked for, so that the last of these are good too."""
ROUNDS = 12
"""Rounds of the subspace iteration: 16 axes are then right to 3e-5 of the largest product."""
_BASIS_BITS = 25  # steps in 1, of the basis
_COLUMN_BITS = 20  # of the largest number among columns that are made orthonormal
_LEAST_BITS, _MOST_BITS = 17, 22  # of the longest point, from the mean of all
_AXIS_BITS = 24  # steps in 1, of the axes onto which further vectors are projected
_MATRIX_BITS = 27  # of the trace of the matrix whose eigenvectors are found
_PROJECTED = 500  # rows, or columns, that are projected at a time


@dataclass(frozen=True, eq=False)
class Coordinates:
    """What is seen of n vectors: s of them pair by pair, all in m principal coordinates.

    Attributes
    ----------
    order : (n,) int
        Rows by content: each distinct one once, by the hash of its bytes, then those that are
        there again. Row i of `points` is vector order[i].
    gram : (s, s) float64, whole numbers
        Inner products of the first s = min(n, 2,000) rows in that order, in steps of `grid`.
    grid : Grid
    points : (n, m) float64, whole numbers, the largest variance first
    unit : float
        What a step of `points` is; a power of two.
    """

    order: np.ndarray
    gram: np.ndarray
    grid: Grid
    points: np.ndarray
    unit: float


def content_order(vectors: np.ndarray) -> np.ndarray:
    """Return the rows in the order of their content: what is drawn by lot follows it, not names.

    Parameters
    ----------
    vectors : (n, d) numbers

    Returns
    -------
    (n,) int
        Distinct rows first, by the SHA-256 of their bytes; then their second copies, and so on.

    Examples
    --------
    The copy of row 0 comes last, wherever it stands.

    >>> rows = np.array([[1.0], [2.0], [1.0], [3.0]])
    >>> order = content_order(rows)
    >>> int(order[-1]), sorted(rows[order[:3], 0].tolist())
    (2, [1.0, 2.0, 3.0])
    """
    seen: dict[bytes, int] = {}
    keys = []
    for row in vectors:
        digest = hashlib.sha256((row + 0).tobytes()).digest()  # + 0: -0.0 is 0.0
        seen[digest] = seen.get(digest, 0) + 1
        keys.append((seen[digest], digest))
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), int)


def find_coordinates(vectors: np.ndarray, n_dims: int) -> Coordinates:
    """Find the principal coordinates of vectors.

    Parameters
    ----------
    vectors : (n, d) numbers
    n_dims : int
        Coordinates wanted; fewer where the rows span fewer.

    Returns
    -------
    Coordinates
        Up to 2,000 vectors their own; of more, all are projected on the axes of 2,000 of them.
    """
    order = content_order(vectors)
    grid = choose_grid(vectors)
    if len(order) <= GRAM_ROWS:
        gram = gram_matrix(vectors, grid)[np.ix_(order, order)]  # no second copy of the vectors
    else:
        first = vectors[order[:GRAM_ROWS]]
        gram = gram_matrix(first, grid)
    centred = _centred(gram)
    basis, values = _principal_axes(centred, n_dims)
    # As fine a step as lets sums of n squared distances fit into 53 bits.
    bits = max(_LEAST_BITS, min(_MOST_BITS, (51 - len(order).bit_length()) // 2))
    longest = math.sqrt(max(1.0, float(np.diag(centred).max(initial=0))))
    exponent = bits - math.frexp(longest)[1]
    if len(order) <= GRAM_ROWS:
        points = _rounded(basis * (np.sqrt(values) * 2.0 ** (exponent - _BASIS_BITS)))
    else:
        axes = _axes_between(first, grid, basis, values)
        points = _project(vectors, grid, axes, exponent)[order]
        points -= np.rint(points[:GRAM_ROWS].sum(axis=0) / GRAM_ROWS)
    return Coordinates(order, gram, grid, points, 2.0 ** -(exponent + grid.exponent))


def principal_coordinates(vectors: np.ndarray, n_dims: int) -> np.ndarray:
    """Return the first principal coordinates of vectors, the largest variance first.

    Parameters
    ----------
    vectors : (n, d) numbers
    n_dims : int

    Returns
    -------
    (n, m) float64, m = n_dims or fewer where the rows span fewer

    Examples
    --------
    Two vectors, 5 apart: one coordinate is enough, half the distance each way.

    >>> far = np.zeros((2, 1_000))
    >>> far[1, :2] = 3, 4
    >>> np.abs(principal_coordinates(far, 1)).ravel().tolist()
    [2.5, 2.5]
    """
    found = find_coordinates(vectors, n_dims)
    points = np.empty_like(found.points)
    points[found.order] = found.points * found.unit
    return points


def _centred(gram: np.ndarray) -> np.ndarray:
    """Return the inner products about the mean of all vectors."""
    n = max(1, len(gram))
    sums = gram.sum(axis=0)
    mean = sums.astype(np.int64).sum() / n**2  # whole numbers that float64 might not hold
    return gram - (sums[:, None] / n + sums / n) + mean


def _principal_axes(centred: np.ndarray, n_dims: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the leading eigenvectors of a Gram matrix, in steps of 2**-25, and their values.

    Subspace iteration: noise is multiplied by the matrix again and again, so that what lies along
    the largest eigenvectors outgrows the rest. Equal eigenvalues do no harm: any axes between them
    are as good, and every machine finds the same.
    """
    n = len(centred)
    if n_dims == 0:  # only inner products are asked for
        return np.zeros((n, 0)), np.zeros(0)
    block = 2 * math.ceil((n_dims + SPARE) / 2)  # even, for the pairs of Jacobi's rotations
    # No eigenvalue exceeds the trace: 27 bits for it and 25 for the basis fit into the 53.
    trace = float(np.diag(centred).sum())
    shift = math.frexp(trace)[1] - _MATRIX_BITS
    matrix = np.rint(np.ldexp(centred, -shift))
    basis = noise(n, block, seed=0)
    for _ in range(ROUNDS):
        moved = product(matrix, np.rint(basis)).astype(np.float64)
        largest = math.frexp(float(np.abs(moved).max(initial=0)))[1]
        columns = np.rint(np.ldexp(moved, _COLUMN_BITS - largest))
        basis = orthonormal(columns) * 2.0**_BASIS_BITS
    basis = np.rint(basis)
    # Within the subspace that is left, a small matrix has the same eigenvalues.
    moved = np.rint(np.ldexp(product(matrix, basis).astype(np.float64), -_BASIS_BITS))
    small = np.ldexp(product(basis.T, moved).astype(np.float64), -_BASIS_BITS)
    values, axes = diagonalise((small + small.T) / 2)
    first = np.argsort(-values, kind="stable")[: min(n_dims, n)]
    values = np.maximum(values[first], 0)
    turned = product(basis, np.rint(np.ldexp(axes[:, first], _BASIS_BITS))).astype(np.float64)
    # Once more through the matrix: what rounding added lies along smaller eigenvalues, and shrinks.
    moved = product(matrix, np.rint(np.ldexp(turned, -_BASIS_BITS))).astype(np.float64)
    found = values > values.max(initial=0) / 2**26  # the rest is hardly more than rounding
    vectors = moved / np.where(found, values, np.inf)
    return vectors, np.ldexp(np.where(found, values, 0), shift)


def _axes_between(first, grid: Grid, basis: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the axes of vectors whose Gram matrix has these eigenvectors, (d, m), in 2**-24."""
    d = first.shape[1]
    weights = np.rint(basis)
    axes = np.empty((d, len(values)))
    lengths = np.sqrt(np.where(values > 0, values, np.inf)) * 2.0 ** (_BASIS_BITS - _AXIS_BITS)
    for start in range(0, d, _PROJECTED):
        columns = slice(start, start + _PROJECTED)
        steps = grid.steps(first[:, columns], columns).astype(np.float64)
        means = steps.sum(axis=0) / len(first)
        # An axis is a weighted sum of how the vectors differ from their mean.
        sums = product(steps.T, weights) - means[:, None] * weights.sum(axis=0)
        axes[columns] = np.rint(sums / lengths)
    return axes


def _project(vectors, grid: Grid, axes: np.ndarray, exponent: int) -> np.ndarray:
    """Project vectors on axes, (n, m) whole numbers of 2**-exponent steps of the grid."""
    points = np.empty((len(vectors), axes.shape[1]))
    for start in range(0, len(vectors), _PROJECTED):  # so that no second copy of all is made
        rows = slice(start, start + _PROJECTED)
        projected = product(grid.steps(vectors[rows]), axes).astype(np.float64)
        points[rows] = _rounded(np.ldexp(projected, exponent - _AXIS_BITS))
    return points


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.rint(values) + 0.0  # -0.0 becomes 0.0


def orthonormal(columns: np.ndarray) -> np.ndarray:
    """Make columns orthogonal and of length 1, by Gram-Schmidt without sums.

    The inner products are exact, and taking a share of one column from all later ones is done
    element by element, on the columns and on their products alike.

    Parameters
    ----------
    columns : (n, m) float, whole numbers

    Returns
    -------
    (n, m) float64
        A column that adds nothing but rounding becomes 0.

    Examples
    --------
    >>> orthonormal(np.array([[3.0, 5], [4, 5]])).round(3).tolist()
    [[0.6, 0.8], [0.8, -0.6]]
    """
    columns = columns.astype(np.float64)
    products = product(columns.T, columns).astype(np.float64)
    for j in range(columns.shape[1]):
        square = products[j, j]
        if square <= len(columns) / 4:  # half a step a row
            square = np.inf
        share = products[j, j + 1 :] / square
        products[j + 1 :, j + 1 :] -= share[:, None] * products[j, j + 1 :]
        columns[:, j + 1 :] -= columns[:, j, None] * share
        columns[:, j] /= np.sqrt(square)
    return columns


def diagonalise(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.

    m / 2 pairs of rows and columns turn at a time, element by element; in m - 1 turns each has met
    each other. The pairs are those of a round-robin tournament.

    Parameters
    ----------
    matrix : (m, m) float64, m even

    Returns
    -------
    values : (m,) float64, in no order
    vectors : (m, m) float64, a column each

    References
    ----------
    Golub and Van Loan, Matrix Computations, 4th ed. 2013, section 8.5.

    Examples
    --------
    >>> values, vectors = diagonalise(np.array([[2.0, 1], [1, 2]]))
    >>> values.round(12).tolist()
    [1.0, 3.0]
    """
    m = len(matrix)
    both = np.hstack([matrix, np.eye(m)])  # what turns the rows also turns the unit matrix
    ring = np.arange(m)
    for turn in range(12 * (m - 1)):
        own = np.diag(both)
        if turn % (m - 1) == 0:
            off_diagonal = np.abs(both[:, :m] - np.diag(own)).max()
            if off_diagonal <= own.max() / 2**36:
                break
        p = ring[: m // 2]
        q = ring[: m // 2 - 1 : -1]
        # The angle that makes the element between p and q zero
        off = both[p, q]
        half = (own[q] - own[p]) / 2
        below = np.abs(half) + np.sqrt(half * half + off * off)
        tan = np.where(half < 0, -off, off) / np.where(below == 0, 1, below)
        cos = 1 / np.sqrt(1 + tan * tan)[:, None]
        sin = tan[:, None] * cos
        for side in (both, both.T):  # rows, then columns
            a = side[p]
            b = side[q]
            side[p] = cos * a - sin * b
            side[q] = sin * a + cos * b
        ring = np.concatenate([ring[:1], ring[-1:], ring[1:-1]])
    return np.diag(both), both[:, m:].T


def noise(n: int, m: int, seed: int) -> np.ndarray:
    """Return nearly normal whole numbers, (n, m) float64: sums of twelve uniform ones.

    A logarithm, as in exact normal numbers, is not rounded in the same way by every library.

    >>> round(noise(1_000, 100, seed=0).std() / 2**16, 2)  # twelve variances of 1/12
    np.float64(1.0)
    """
    drawn = np.frombuffer(np.random.RandomState(seed).bytes(24 * n * m), "<u2")
    return drawn.reshape(12, n, m).sum(axis=0) - 6.0 * 2**16


def shapeless_cloud(points: np.ndarray, seed: int) -> np.ndarray:
    """Return a normal cloud with the principal variances of the points, and no groups.

    Parameters
    ----------
    points : (n, m) float, whole numbers
        Principal coordinates.
    seed : int

    Returns
    -------
    (n, m) float64, whole numbers

    Examples
    --------
    >>> pairs = np.array([[-5e4, 0], [-5e4, 0], [5e4, 0], [5e4, 0]])
    >>> ((shapeless_cloud(pairs, 0) / 5e4) ** 2).sum(axis=0).round(4)  # 4 x 1**2, in one direction
    array([4., 0.])
    """
    # The column of ones comes first: what is orthogonal to it has mean 0.
    columns = np.column_stack([np.ones(len(points)), noise(*points.shape, seed)])
    return _rounded(orthonormal(columns)[:, 1:] * np.sqrt(np.square(points).sum(axis=0)))
