"""What a sweep's table says, against plain means."""

from __future__ import annotations

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from imagegroup import plots
from imagegroup.compare import compare_seeds, false_claims
from imagegroup.effects import compare_settings, compare_values, labels_of, main_effect, mean_grid
from imagegroup.evaluate import score_labels
from imagegroup.sweep_rows import cell

SEEDS = range(5)
TRUE = np.repeat([0, 1, 2], 8)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """More features help, levels do nothing: an image is wrong the more often, the fewer there are.

    The values are not in ascending order, as a reader may list them.
    """
    rng, rows = np.random.default_rng(0), []
    for n, levels, seed in itertools.product((1000, 300, 50), (8, 1), SEEDS):
        wrong = rng.random(len(TRUE)) < {1000: 0.05, 300: 0.15, 50: 0.5}[n]
        labels = np.where(wrong, rng.integers(0, 3, len(TRUE)), TRUE)
        row = {"n_features": n, "n_levels": levels, "seed": seed, "silhouette": rng.random()}
        row |= {"ari": score_labels(TRUE, labels).ari, "stability": np.nan}
        rows.append(row | {"labels": cell(labels), "true": cell(TRUE)})
    return pd.DataFrame(rows)


def test_main_effect_is_the_mean_over_all_else(table):
    effect = main_effect(table, "n_features")
    assert effect.index.tolist() == [1000, 300, 50]
    for value in effect.index:
        runs = table[table["n_features"] == value]
        seeds = [runs[runs["seed"] == seed]["ari"].mean() for seed in SEEDS]
        reach = 2.776445 * np.std(seeds, ddof=1) / np.sqrt(5)  # t for four degrees of freedom
        assert effect.loc[value, "seeds"] == pytest.approx(tuple(seeds))
        assert effect.loc[value, "mean"] == pytest.approx(np.mean(seeds))
        assert effect.loc[value, "high"] == pytest.approx(np.mean(seeds) + reach, abs=1e-5)
        assert effect.loc[value, "low"] == pytest.approx(np.mean(seeds) - reach, abs=1e-5)


def test_mean_grid_keeps_the_order_of_the_table(table):
    grid = mean_grid(table, "n_levels", "n_features")
    assert (grid.index.tolist(), grid.columns.tolist()) == ([8, 1], [1000, 300, 50])
    runs = table[(table["n_levels"] == 1) & (table["n_features"] == 300)]
    assert grid.loc[1, 300] == pytest.approx(runs["ari"].mean())


def test_values_are_compared_seed_by_seed_and_adjusted(table):
    found = compare_values(table, "n_features")
    assert [(c.a, c.b) for c in found] == [(1000, 300), (1000, 50), (300, 50)]
    means = table.groupby(["n_features", "seed"])["ari"].mean()
    alone = [compare_seeds(means[c.a], means[c.b]) for c in found]
    assert [c.difference.mean for c in found] == pytest.approx([d.mean for d in alone])
    assert all(c.difference.p >= d.p for c, d in zip(found, alone, strict=True))
    assert found[1].difference.claimed
    assert str(found[1]).startswith("ari, n_features 50 against 1000: again on these photos: lower")
    (levels,) = compare_values(table, "n_levels")
    assert "no difference seen" in str(levels)


def test_both_questions_are_answered(table):
    a, b = {"n_features": 50, "n_levels": 1}, {"n_features": 1000, "n_levels": 1}
    seeds, images = compare_settings(table, a, b)
    assert (seeds.question, seeds.n) == ("again on these photos", 5)
    assert (images.question, images.n) == ("on other photos", 24)
    assert seeds.mean == pytest.approx(images.mean)
    assert seeds.claimed
    assert images.claimed
    assert len(compare_settings(table, a, b, "silhouette")) == 1


def test_labels_are_read_back():
    labels = np.array([[0, -1, 12], [3, 2, 1]])
    assert np.array_equal(labels_of([cell(row) for row in labels]), labels)


def test_what_the_table_does_not_hold(table):
    with pytest.raises(ValueError, match="expected one run a seed"):
        compare_settings(table, {"n_features": 50}, {"n_features": 300})
    with pytest.raises(ValueError, match="names 0 runs"):
        compare_settings(table, {"n_features": 51}, {"n_features": 300})
    with pytest.raises(ValueError, match="no column 'n_level': it has n_features"):
        compare_values(table, "n_level")
    with pytest.raises(ValueError, match="30 of 30 runs have no stability"):
        main_effect(table, "n_levels", "stability")


@pytest.fixture
def ax():
    axes = plots.new_axes()
    yield axes
    plt.close(axes.figure)


def test_main_effects_are_drawn_with_every_seed(table, ax):
    effect = main_effect(table, "n_features")
    assert plots.main_effects(effect, ax=ax) is ax
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1000", "300", "50"]
    drawn = [line.get_ydata() for line in ax.lines[:3]]
    assert np.allclose(drawn, [list(seeds) for seeds in effect["seeds"]])


def test_one_seed_has_no_interval(table, ax):
    effect = main_effect(table[table["seed"] == 0], "n_features")
    assert effect[["low", "high"]].isna().all(axis=None)
    plots.main_effects(effect, ax=ax)
    ax.figure.canvas.draw()
    (bars,) = ax.containers[0].lines[2]
    assert all(low[1] == high[1] for low, high in bars.get_segments())


def test_heatmap_says_each_number(table, ax):
    grid = mean_grid(table, "n_levels", "n_features")
    plots.score_heatmap(grid, ax=ax)
    assert [t.get_text() for t in ax.texts] == [f"{v:.2f}" for v in grid.to_numpy().ravel()]
    assert ax.get_xlabel() == "n_features"


def test_intervals_are_filled_where_a_difference_is_claimed(table, ax):
    found = compare_values(table, "n_features")
    names = [f"{c.b} - {c.a}" for c in found]
    plots.difference_intervals([c.difference for c in found], names, ax=ax)
    marks = [line for line in ax.lines if line.get_marker() == "o"]
    assert [m.get_xdata()[0] for m in marks] == [c.difference.mean for c in found]
    filled = [m.get_markerfacecolor() != "white" for m in marks]
    assert filled == [c.difference.claimed for c in found]


def test_claim_bars(ax):
    shares = false_claims(5, repeats=50)
    plots.claim_bars(shares, ax=ax)
    assert [bar.get_width() for bar in ax.patches] == list(shares.values())
