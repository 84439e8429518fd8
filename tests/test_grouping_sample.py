"""What is learned from: a sample of the images, bounded, but never of nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from imagegroup import DEFAULT
from imagegroup import grouping as module
from imagegroup.files import Listing
from imagegroup.grouping import SAMPLE_IMAGES, group_observed
from imagegroup.skips import Skipped, SkipReason

RECIPE = DEFAULT.with_values(k=2, n_words=2, n_init=1, colour=0, grid_step=0)


def group_few_among_many(usable, useless, observed, recipe=RECIPE):
    """Group images named a0, a1, ... among others named b0, b1, ...; and say what was read."""
    asked = []

    def read(paths):
        asked.append(len(paths))
        for path in paths:
            number = np.random.default_rng(int(path[1:]))
            descriptors = number.integers(0, 256, (20, 32), np.uint8)
            yield (descriptors,) if path[0] == "a" else observed

    paths = sorted([*(f"a{i}" for i in range(usable)), *(f"b{i}" for i in range(useless))])
    return group_observed(Path(), Listing(tuple(paths), (), ()), recipe, read), asked


@pytest.mark.parametrize("encoding", ["vlad", "words"])
@pytest.mark.parametrize(
    "observed", [Skipped(SkipReason.NOT_AN_IMAGE), (np.zeros((0, 32), np.uint8),)]
)
@pytest.mark.parametrize("seed", range(4))
def test_few_photos_among_many_other_files_are_grouped(observed, seed, encoding):
    recipe = RECIPE.with_values(random_state=seed, encoding=encoding)
    grouping, asked = group_few_among_many(3, 2_000, observed, recipe)
    assert (grouping.labels >= 0).sum() == 3
    assert [p for p, v in zip(grouping.paths, grouping.vectors, strict=True) if v.any()] == [
        "a0",
        "a1",
        "a2",
    ]
    assert sum(asked) == 2_003  # nothing is read twice


def test_a_sample_is_enough_where_most_can_be_read():
    grouping, asked = group_few_among_many(700, 300, Skipped(SkipReason.CORRUPT))
    assert asked == [SAMPLE_IMAGES, 1_000 - SAMPLE_IMAGES]
    assert len(grouping.paths) == 700
    assert len(grouping.skipped) == 300


def test_what_is_kept_while_features_are_looked_for_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "MOST_OBSERVED", 2 * SAMPLE_IMAGES)
    blank = (np.zeros((0, 32), np.uint8),)
    grouping, asked = group_few_among_many(60, 2_000, blank)
    assert asked == [SAMPLE_IMAGES, SAMPLE_IMAGES, 2_060 - 2 * SAMPLE_IMAGES]
    assert (grouping.labels >= 0).sum() == 60
