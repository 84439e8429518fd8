"""Recipes: everything that decides a result, as one value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from numbers import Integral, Real

from imagegroup.clusters import CRITERIA
from imagegroup.orb import OrbParams
from imagegroup.vectors import ENCODINGS, Encoding

BY_SCENES = "scenes"
"""The k of a recipe that groups by matched scenes instead of K-means."""
SINGLE = "single"
"""Name of the group of photos that share a scene with no other."""
_AFTERWARDS = {"n_words", "n_dims", "k", "fallback", "ks", "n_init", "random_state", "min_inliers"}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a result; the same recipe gives the same groups.

    Parameters
    ----------
    orb : OrbParams
    max_side : int, px
        Long side at which images are read; 0 reads them at full size.
    grid_step : int, px
        Step of the dense grid of upright descriptors that `vlad` adds; 0 for keypoints only.
    colour : float, 0 to 10
        Weight of the colour histogram that `vlad` adds beside blocks of weight 1; 0 reads in grey.
    encoding : str
        A name in `vectors.ENCODINGS`. Or features of your own, "module:function": a function of a
        path that returns a vector, (d,) numbers, or a scikit-learn transformer of paths. Either
        may be given as an object too; see `own`.
    n_words : int
        Visual words a block, for the encodings that learn a vocabulary.
    n_dims : int
        K-means sees this many principal coordinates of the vectors (or k, if that is more);
        0 for all: the exact distances.
    k : int or str
        Number of groups, or the criterion that chooses it: a name in `clusters.CRITERIA`. Or
        "scenes": no K-means, but groups of photos that show the same place or thing.
    fallback : str or None
        Criterion to use when `k` finds nothing; None raises NoElbow instead.
    ks : tuple of int
        The k a criterion chooses from.
    n_init : int or "auto"
        Starts of K-means for each k, as scikit-learn takes it.
    random_state : int
        Seed of the vocabulary and of K-means.
    min_inliers : int
        Spots, as `matching.shared_spots` counts them, that two photos of one scene share at least.

    Raises
    ------
    TypeError, ValueError
        A value that cannot be used; the message says what is expected.

    Examples
    --------
    >>> DEFAULT.with_values(k=7, n_features=300).orb.n_features
    300
    """

    orb: OrbParams = field(
        default_factory=lambda: OrbParams(n_features=1_000, edge_threshold=15, fast_threshold=10)
    )
    max_side: int = 640
    grid_step: int = 8
    colour: float = 0.7
    encoding: str = "vlad"
    n_words: int = 16
    n_dims: int = 16
    k: int | str = "contrast"
    fallback: str | None = "silhouette"
    ks: tuple[int, ...] = tuple(range(1, 41))
    n_init: int | str = 10
    random_state: int = 0
    min_inliers: int = 8

    def __post_init__(self) -> None:
        ks = (self.ks,) if isinstance(self.ks, Integral) else tuple(self.ks)
        object.__setattr__(self, "ks", ks)
        lowest = {"max_side": 0, "grid_step": 0, "n_words": 1, "n_dims": 0, "random_state": 0}
        for name, low in (lowest | {"min_inliers": 1}).items():
            _check_whole(name, getattr(self, name), low)
        if isinstance(self.colour, bool) or not isinstance(self.colour, Real):
            raise TypeError(f"colour={self.colour!r}: expected a number from 0 to 10.")
        if not 0 <= self.colour <= 10:
            raise ValueError(f"colour={self.colour!r}: expected a number from 0 to 10.")
        for k in self.ks:
            _check_whole("ks", k, 1)
        if not ks:
            raise ValueError("ks=(): expected at least one number of groups to try.")
        if self.n_init != "auto":
            _check_whole("n_init", self.n_init, 1)
        if not isinstance(self.encoding, str) or self.encoding not in ENCODINGS:
            from imagegroup.own import name_code

            object.__setattr__(self, "encoding", name_code(self.encoding))
        if self.fallback is not None:
            _check_choice("fallback", self.fallback, CRITERIA)
        if isinstance(self.k, str):
            _check_choice("k", self.k, (*CRITERIA, BY_SCENES), "a number or ")
        else:
            _check_whole("k", self.k, 1)

    def with_values(self, **values: object) -> Recipe:
        """Return a copy with other values; takes the fields of Recipe and of OrbParams.

        Raises
        ------
        ValueError
            A name that is neither; the message lists all.
        """
        own = {f.name for f in dataclasses.fields(Recipe)}
        knobs = {f.name for f in dataclasses.fields(OrbParams)}
        for name in values:
            if name not in own | knobs:
                expected = ", ".join(sorted((own | knobs) - {"orb"}))
                raise ValueError(f"{name!r} is not a setting: expected one of {expected}.")
        orb = dataclasses.replace(
            values.pop("orb", self.orb), **{n: v for n, v in values.items() if n in knobs}
        )
        return dataclasses.replace(self, orb=orb, **{n: v for n, v in values.items() if n in own})


def encoding_of(recipe: Recipe) -> Encoding:
    """Return the three steps of a recipe's encoding; code of the reader's own is imported here."""
    if recipe.encoding in ENCODINGS:
        return ENCODINGS[recipe.encoding]
    from imagegroup.own import own_encoding

    return own_encoding(recipe.encoding)


def is_ours(recipe: Recipe) -> bool:
    """Tell whether the encoding is of this package; other code may change without our seeing.

    >>> is_ours(DEFAULT), is_ours(DEFAULT.with_values(encoding="os.path:getsize"))
    (True, False)
    """
    return encoding_of(recipe).observe.__module__ == "imagegroup.vectors"


def observing_values(recipe: Recipe) -> dict[str, object]:
    """Return what decides how one photo is seen, before the others count.

    >>> sorted(observing_values(DEFAULT))
    ['colour', 'encoding', 'grid_step', 'max_side', 'orb']
    """
    values = {**dataclasses.asdict(recipe), "colour": recipe.colour > 0}  # its weight comes later
    return {name: value for name, value in values.items() if name not in _AFTERWARDS}


def _check_whole(name: str, value: object, low: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < low:
        raise ValueError(f"{name}={value!r}: expected a whole number from {low}.")


def _check_choice(name: str, value: object, choices: Iterable[str], also: str = "") -> None:
    if value not in choices:
        raise ValueError(f"{name}={value!r}: expected {also}one of {', '.join(choices)}.")


CLASSIC = Recipe(
    orb=OrbParams(n_features=800, edge_threshold=0, fast_threshold=0),
    max_side=0,
    grid_step=0,
    colour=0,
    encoding="flatten",
    n_dims=0,
    k="elbow",
    fallback=None,
    ks=tuple(range(1, 21)),
    n_init="auto",
)
"""The post's method: images with other than exactly 800 keypoints get the label -1."""

DEFAULT = Recipe()
"""Still ORB and K-means, with vectors that can be compared."""

SCENES = Recipe(grid_step=0, n_words=32, k=BY_SCENES)
"""Photos of the same place or thing, found by matching; its vectors only say which to match."""
