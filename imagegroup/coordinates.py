"""Points with the same distances in fewer numbers: what K-means sees of the vectors."""

from __future__ import annotations

import numpy as np

EXACT_ROWS = 2_000
"""Up to this many vectors the sweep uses exact coordinates; above, n x n gets too big."""


def principal_coordinates(vectors: np.ndarray, n_dims: int) -> tuple[np.ndarray, float, str]:
    """Give points with the distances of the vectors, the tol that belongs to them, and the path.

    Parameters
    ----------
    vectors : (n, d) numbers
    n_dims : int
        How many coordinates are wanted at least; 0 for the exact distances, whatever it costs.

    Returns
    -------
    points : (n, m) float, the largest variance first where they are principal coordinates
    tol : float
        scikit-learn scales it by the mean variance of a column, hence n / d where d became n.
    engine : str

    Examples
    --------
    Two vectors of 1,000 numbers, 5 apart: one coordinate is enough, half the distance each way.

    >>> far = np.zeros((2, 1_000))
    >>> far[1, :2] = 3, 4
    >>> points, tol, engine = principal_coordinates(far, 0)
    >>> np.abs(points[:, 0]).round(3).tolist(), points.shape
    ([2.5, 2.5], (2, 2))
    """
    n, d = vectors.shape
    if n <= EXACT_ROWS and (n < d or n_dims):
        eigenvalues, eigenvectors = _decompose(vectors, n)
        points = eigenvectors * np.sqrt(eigenvalues)
        return points, 1e-4 * min(1, n / d), "exact principal coordinates"
    if not n_dims:
        kind = np.float64 if n <= EXACT_ROWS else np.float32
        return vectors.astype(kind), 1e-4, f"vectors as {kind.__name__}"
    some = vectors[np.linspace(0, n - 1, EXACT_ROWS).astype(int)]
    eigenvalues, eigenvectors = _decompose(some, min(n_dims, d, EXACT_ROWS - 1))
    mean = some.mean(axis=0, dtype=np.float64).astype(np.float32)
    scaled = eigenvectors / np.sqrt(np.maximum(eigenvalues, 1e-12))
    axes = np.subtract(some, mean, dtype=np.float32).T @ scaled.astype(np.float32)
    blocks = np.array_split(vectors, range(EXACT_ROWS, n, EXACT_ROWS))
    points = np.concatenate([(block - mean) @ axes for block in blocks])
    return points, 1e-4, f"principal coordinates of {EXACT_ROWS} rows"


def _decompose(vectors: np.ndarray, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Decompose the centred Gram matrix X X^T = V diag(w) V^T, so many w, the largest first:
    with all n, V sqrt(w) has the distances of X, in n columns instead of d."""
    from scipy.linalg import eigh

    n, d = vectors.shape
    gram = np.zeros((n, n))
    # In blocks, so that no float copy of all vectors is made. Sums of up to 256 products of bytes
    # stay below 2**24, where float32 is exact and twice as fast.
    width, kind = (256, np.float32) if vectors.dtype == np.uint8 else (1_024, np.float64)
    for start in range(0, d, width):
        block = vectors[:, start : start + width].astype(kind)
        gram += block @ block.T
    row_means = gram.mean(axis=0)
    gram += gram.mean() - row_means - row_means[:, None]
    if first == n:
        eigenvalues, eigenvectors = np.linalg.eigh(gram)
    else:  # a third of the time
        largest = (n - first, n - 1)
        eigenvalues, eigenvectors = eigh(gram, overwrite_a=True, subset_by_index=largest)
    return np.clip(eigenvalues[::-1], 0, None), eigenvectors[:, ::-1]


def shapeless_cloud(points: np.ndarray, seed: int) -> np.ndarray:
    """Give a normal cloud with exactly the principal variances of the points, and no groups.

    Parameters
    ----------
    points : (n, m) float
        Principal coordinates.
    seed : int

    Examples
    --------
    >>> pairs = np.array([[-5.0, 0], [-5, 0], [5, 0], [5, 0]])  # 4 x 5**2 = 100 in one direction
    >>> (shapeless_cloud(pairs, 0) ** 2).sum(axis=0).round(6).tolist()
    [100.0, 0.0]
    """
    columns = min(points.shape[0] - 1, points.shape[1])
    noise = np.random.default_rng(seed).standard_normal((len(points), columns))
    directions = np.linalg.qr(noise - noise.mean(axis=0))[0]
    return directions * np.sqrt((points[:, :columns] ** 2).sum(axis=0))
