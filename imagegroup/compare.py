"""Is one setting better than another, beyond the noise? Two questions, answered apart.

"Again on these photos": would other seeds show the difference too? "On other photos": would other
photos of the same kind? A score moves with both, and few seeds say nothing about other photos.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imagegroup.evaluate import score_labels

SEEDS, IMAGES = "again on these photos", "on other photos"
EXACT_FLIPS = 14
"""Up to this many pairs all 2**n sign flips are tried; above, that many thousand drawn ones."""


@dataclass(frozen=True)
class Difference:
    """How much higher the scores of b are than those of a.

    Attributes
    ----------
    question : str
        "again on these photos" or "on other photos": what n counts, and what p speaks of.
    mean : float, mean of b - a
    low, high : float, ends of the 95 % interval of the mean
    p : float
        Probability of a t at least this far from 0 if there were no difference.
    p_flips : float
        The same by sign flips, which assume no normal distribution; nan for images. Five pairs
        cannot get below 2 / 2**5 = 0.0625.
    n : int
        Seeds, or images.
    claimed : bool
        Whether p, adjusted by `hold_many` if there are many, is at most 0.05.
    """

    question: str
    mean: float
    low: float
    high: float
    p: float
    p_flips: float
    n: int
    claimed: bool

    def __str__(self) -> str:
        """Say it in words."""
        unit = "seeds" if self.question == SEEDS else "images"
        interval = f"{self.mean:+.3f}, 95 % interval {self.low:+.3f} to {self.high:+.3f}"
        found = ("higher" if self.mean > 0 else "lower") if self.claimed else "no difference seen"
        return f"{self.question}: {found} ({interval}; p = {self.p:.3g}; {self.n} {unit})"


def compare_seeds(a: Sequence[float], b: Sequence[float]) -> Difference:
    """Compare the scores of two settings over the same seeds: would other seeds say the same?

    A t interval of the paired differences (Student, 1908, doi:10.1093/biomet/6.1.1), and Fisher's
    sign flips beside it (Ernst, 2004, doi:10.1214/088342304000000396).

    Parameters
    ----------
    a, b : (n,) float
        Scores, seed by seed; 2 seeds at least, else ValueError.

    Examples
    --------
    Every seed gains about 0.3, by 0.02 more or less:

    >>> print(compare_seeds([0.50, 0.52, 0.48], [0.80, 0.80, 0.80]))
    again on these photos: higher (+0.300, 95 % interval +0.250 to +0.350; p = 0.00148; 3 seeds)
    >>> print(compare_seeds([0.5, 0.7, 0.6], [0.7, 0.5, 0.6]).claimed)
    False
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape or a.ndim != 1 or len(a) < 2 or not np.isfinite([a, b]).all():
        raise ValueError(
            f"{a.size} and {b.size} scores: expected one number of each for at least 2 same seeds."
        )
    gains = b - a
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    return _by_t(SEEDS, gains.mean(), error, len(gains), flip_signs(gains))


def compare_images(
    true: Sequence[Hashable],
    a: np.ndarray,
    b: np.ndarray,
    score: str = "ari",
    *,
    halves: int = 100,
    random_state: int = 0,
) -> Difference:
    """Compare the groups of two settings on random halves of the images: would other photos agree?

    The standard error for all n images is the spread over halves drawn without replacement, in
    which no image meets a copy of itself as it would in a bootstrap (Politis and Romano, 1994,
    doi:10.1214/aos/1176325770; for a mean, a half of n spreads exactly as n photos drawn anew).
    The groups stay as they were found; only which photos are scored changes. Photos are taken as
    drawn one by one: views of one object tell less than their number.

    Parameters
    ----------
    true : (n,) known labels, n at least 8
    a, b : (runs, n) int
        Labels by the two settings, one row a seed; scores are averaged over the rows.
    score : {"ari", "nmi", "accuracy"}
    halves : int
    random_state : int

    Raises
    ------
    ValueError
        The shapes do not fit, or there are fewer than 8 images.

    Examples
    --------
    Two groups of 20; b finds them, a alternates:

    >>> true = np.repeat([0, 1], 20)
    >>> found = compare_images(true, np.arange(40)[None] % 2, true[None])
    >>> found.claimed, found.n
    (True, 40)
    """
    true, a, b = np.asarray(true), np.atleast_2d(a), np.atleast_2d(b)
    n = len(true)
    if n < 8 or a.shape[1:] != (n,) or b.shape[1:] != (n,):
        raise ValueError(
            f"{n} known labels, groups of shape {a.shape} and {b.shape}: "
            "expected at least 8 images, and a row of labels for all of them from each run."
        )

    def gain(rows: np.ndarray) -> float:
        means = [
            np.mean([getattr(score_labels(true[rows], run[rows]), score) for run in runs])
            for runs in (a, b)
        ]
        return means[1] - means[0]

    rng = np.random.default_rng(random_state)
    gains = [gain(rng.permutation(n)[: n // 2]) for _ in range(halves)]
    # Of a share f of the images the variance is (1 - f) / f times that of n drawn anew.
    error = np.std(gains, ddof=1) * np.sqrt((n // 2) / (n - n // 2))
    return _by_t(IMAGES, gain(np.arange(n)), error, n, float("nan"))


def flip_signs(gains: Sequence[float], random_state: int = 0) -> float:
    """Return how often random signs bring the mean as far from 0 as it is.

    Without a difference each sign is as likely as the other. Up to 14 pairs all flips are counted.

    Examples
    --------
    Of the 2**3 = 8 ways only +++ and --- reach the mean of three equal gains:

    >>> flip_signs([0.1, 0.1, 0.1])
    0.25
    """
    gains = np.asarray(gains, float)
    if len(gains) <= EXACT_FLIPS:
        signs = np.array(list(itertools.product((1, -1), repeat=len(gains))))
    else:
        rng = np.random.default_rng(random_state)
        signs = rng.choice([1, -1], size=(EXACT_FLIPS * 1_000, len(gains)))
        signs[0] = 1  # what was seen is one of the ways, so that p is never 0
    reached = np.abs(signs @ gains) >= abs(gains.sum()) - 1e-12
    return float(reached.mean())


def hold_many(differences: Sequence[Difference], level: float = 0.05) -> list[Difference]:
    """Adjust many comparisons, so that a false claim among all of them is as rare as in one.

    Holm's method, 1979, https://www.jstor.org/stable/4615733: the smallest of m p is multiplied by
    m, the next by m - 1, and so on, none below the one before. The intervals stay those of one.

    Examples
    --------
    >>> one = compare_seeds([0.50, 0.52, 0.48], [0.60, 0.60, 0.60])  # p = 0.013
    >>> [round(d.p, 3) for d in hold_many([one, one, one, one])]  # 4 * 0.013
    [0.052, 0.052, 0.052, 0.052]
    """
    adjusted, before = {}, 0.0
    order = sorted(range(len(differences)), key=lambda i: differences[i].p)
    for rank, i in enumerate(order):
        before = min(1.0, max(before, (len(differences) - rank) * differences[i].p))
        adjusted[i] = replace(differences[i], p=before, claimed=bool(before <= level))
    return [adjusted[i] for i in range(len(differences))]


def bootstrap_claims(gains: np.ndarray, resamples: int = 2_000, random_state: int = 0) -> bool:
    """Say whether the plain percentile bootstrap would claim that the mean gain is not 0.

    Efron, 1979, doi:10.1214/aos/1176344552. With few seeds it claims too much: `false_claims`.
    """
    rng = np.random.default_rng(random_state)
    gains = np.asarray(gains, float)
    means = gains[rng.integers(len(gains), size=(resamples, len(gains)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return bool(low > 0 or high < 0)


def t_claims(gains: np.ndarray) -> bool:
    """Say whether the t interval of the mean gain leaves out 0."""
    return compare_seeds(np.zeros(len(gains)), gains).claimed


def flips_claim(gains: np.ndarray) -> bool:
    """Say whether sign flips claim a difference at 0.05; fewer than 6 pairs never can."""
    return flip_signs(gains) <= 0.05


CLAIMS: dict[str, Callable[[np.ndarray], bool]] = {
    "percentile bootstrap": bootstrap_claims,
    "t interval": t_claims,
    "sign flips": flips_claim,
}


def false_claims(n_seeds: int = 5, repeats: int = 2_000, random_state: int = 0) -> dict[str, float]:
    """Count how often each method claims a difference where there is none; 0.05 is the promise.

    Gains are drawn from a normal distribution around 0, `n_seeds` at a time.

    Returns
    -------
    dict of method to share of the repeats

    Examples
    --------
    >>> shares = false_claims(5, repeats=500)
    >>> shares["percentile bootstrap"] > 0.1 > shares["t interval"] > shares["sign flips"] == 0
    True
    """
    rng = np.random.default_rng(random_state)
    gains = rng.normal(size=(repeats, n_seeds))
    return {name: float(np.mean([claims(g) for g in gains])) for name, claims in CLAIMS.items()}


def _by_t(question: str, mean: float, error: float, n: int, p_flips: float) -> Difference:
    from scipy.stats import t

    reach = t.ppf(0.975, n - 1) * error
    p = float(abs(mean) < 1e-12)  # when every pair says the same
    if error > 1e-12:
        p = 2 * t.sf(abs(mean) / error, n - 1)
    return Difference(
        question,
        float(mean),
        float(mean - reach),
        float(mean + reach),
        float(p),
        p_flips,
        n,
        bool(p <= 0.05),
    )
