"""How good are the groups: scores against known labels."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from imagegroup.grouping import Grouping, group_observed, observe_images
from imagegroup.images import list_folder
from imagegroup.names import display_name
from imagegroup.recipes import DEFAULT, SINGLE, Recipe
from imagegroup.skips import Skipped


@dataclass(frozen=True)
class Scores:
    """How well groups agree with known labels; 1 is perfect.

    Attributes
    ----------
    ari : float in [-0.5, 1]
        Adjusted Rand index: agreement on which pairs belong together; 0 is chance.
    nmi : float in [0, 1]
        Normalised mutual information (arithmetic mean). Chance adds to it, the more the larger k.
    accuracy : float in [0, 1]
        Share of images that are right when groups and labels are paired one to one, at best.
    """

    ari: float
    nmi: float
    accuracy: float


def score_labels(true: Sequence[Hashable], predicted: Sequence[int]) -> Scores:
    """Compare groups with known labels; neither's names matter, nor that their numbers differ.

    Images without features (label -1) form one group of their own.

    Parameters
    ----------
    true, predicted : (n,) labels of the same images, n > 0; else ValueError

    References
    ----------
    ARI: Hubert and Arabie, 1985, doi:10.1007/BF01908075. Accuracy: the assignment problem, Kuhn,
    1955, doi:10.1002/nav.3800020109.

    Examples
    --------
    One dog lies with the cats: 3 of 4 are right.

    >>> score_labels(["cat", "cat", "dog", "dog"], [7, 7, 7, 2]).accuracy
    0.75
    """
    from scipy.optimize import linear_sum_assignment
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    if len(true) != len(predicted) or len(true) == 0:
        raise ValueError(
            f"{len(true)} true and {len(predicted)} predicted labels: "
            "expected one of each for every image."
        )
    rows = np.unique(true, return_inverse=True)[1]
    columns = np.unique(predicted, return_inverse=True)[1]
    table = np.zeros((rows.max() + 1, columns.max() + 1), np.int64)
    np.add.at(table, (rows, columns), 1)
    matched = table[linear_sum_assignment(table, maximize=True)].sum()
    return Scores(
        ari=float(adjusted_rand_score(rows, columns)),
        nmi=float(normalized_mutual_info_score(rows, columns)),
        accuracy=float(matched / len(rows)),
    )


def apart(grouping: Grouping) -> np.ndarray:
    """Return the labels with each photo of the group "single" as a group of its own, (n,) int32.

    That group says of its photos only that they match none: to score it as one would be to score
    what it does not say. Where groups are no scenes, these are the labels.
    """
    labels = grouping.labels.copy()
    if grouping.scenes is None:  # a reader may call any group "single"
        return labels
    alone = [label for label, name in grouping.names.items() if name == SINGLE]
    rows = np.flatnonzero(np.isin(labels, alone))
    labels[rows] = labels.max(initial=0) + 1 + np.arange(len(rows))
    return labels


def true_labels(paths: Sequence[str]) -> list[str]:
    """Take the first folder of each posix path as the true label; without one: ValueError.

    >>> true_labels(["cats/1.jpg", "dogs/park/1.jpg"])
    ['cats', 'dogs']
    """
    for path in paths:
        if len(PurePosixPath(path).parts) < 2:
            raise ValueError(
                f"{display_name(path)} lies in no sub-folder: "
                "to score, give each true group a folder of its own."
            )
    return [PurePosixPath(path).parts[0] for path in paths]


def compare_with_folders(groupings: dict[str, Grouping]) -> dict[str, dict[str, float]]:
    """Score groupings by name against the sub-folders of their images; {} where these tell nothing.

    They tell nothing when an image lies in no sub-folder, or all lie in the same.
    """
    scores = {}
    for name, grouping in groupings.items():
        with contextlib.suppress(ValueError):
            true = true_labels(grouping.paths)
            if len(set(true)) > 1:
                scores[name] = asdict(score_labels(true, apart(grouping)))
    return scores


def score_folder(
    folder: str | Path,
    recipe: Recipe = DEFAULT,
    seeds: int = 5,
    *,
    k_true: bool = False,
    jobs: int = 0,
    recursive: bool = True,
    progress: bool = False,
) -> dict:
    """Group a folder of known groups with several seeds, and score each result.

    Images are read once, and their descriptors kept; the seed decides the vocabulary and K-means.

    Parameters
    ----------
    folder : path
        The first folder below it is the true label of an image.
    recipe : Recipe
        Its `random_state` is set to 0, 1, ... seeds - 1.
    seeds : int
    k_true : bool
        Give the true number of groups instead of letting `recipe.k` decide.
    jobs, recursive, progress
        As for `group_images`.

    Returns
    -------
    dict
        "n" images read, "labels_true" number of true groups, "recipe", "k" of each seed; "ari",
        "nmi" and "accuracy", each {"mean", "sd", "values"} over the seeds, sd being the sample
        standard deviation (0 for one seed); "no_features" images; "skipped" {"path", "reason"}.

    Raises
    ------
    ValueError
        No image can be read, an image lies in no sub-folder, or seeds is below 1; further what
        `group_images` raises.
    """
    if seeds < 1:
        raise ValueError(f"seeds={seeds}: expected a whole number from 1.")
    folder = Path(folder).expanduser()
    listing = list_folder(folder, recursive)
    paths = list(listing.paths)
    observed = dict(zip(paths, observe_images(folder, paths, recipe, jobs), strict=True))
    true = true_labels([path for path in paths if not isinstance(observed[path], Skipped)])
    if not true:
        raise ValueError(f"{display_name(folder)} holds no image that can be read.")
    if k_true:
        recipe = replace(recipe, k=len(set(true)))

    def read(paths: list[str]):
        return iter([observed[path] for path in paths])

    recipes = [replace(recipe, random_state=seed) for seed in range(seeds)]
    runs = [group_observed(folder, listing, r, read, progress=progress) for r in recipes]
    scores = [asdict(score_labels(true, apart(run))) for run in runs]
    return {
        "n": len(true),
        "labels_true": len(set(true)),
        "recipe": asdict(recipe),
        "k": [run.k for run in runs],
        **{name: _spread([score[name] for score in scores]) for name in scores[0]},
        "no_features": int((runs[0].labels < 0).sum()),
        "skipped": [{"path": s.path, "reason": s.reason.value} for s in runs[0].skipped],
    }


def _spread(values: list[float]) -> dict:
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return {"mean": float(np.mean(values)), "sd": sd, "values": values}
