"""Plans as trees and states as bars: what is shown is what was planned."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from imagegroup import plots
from imagegroup.plan import Entry, Plan
from imagegroup.tables import plan_tree


@pytest.fixture
def plan(tmp_path):
    names = [("cats/a.jpg", 0), ("cats/b.jpg", 0), ("dogs/a.jpg", 1)]
    entries = [
        Entry(source, f"cluster_{label:02d}/{source[-5:]}", label, 0.5, 500_000, 0)
        for source, label in names
    ]
    return Plan(tmp_path, tmp_path / "sorted", "copy", tuple(entries), "0" * 16, {})


def test_a_tree_shows_every_folder_and_counts_what_it_leaves_out(plan):
    assert plan_tree(plan, shown=1).splitlines() == [
        "sorted/",
        "├── cluster_00/   2 images, 1.0 MB",
        "│   ├── a.jpg",
        "│   └── ... 1 more",
        "├── cluster_01/   1 image, 0.5 MB",
        "│   └── a.jpg",
        "├── clusters.csv",
        "├── run.json",
        "└── manifest.json",
    ]


def test_a_tree_of_no_images_still_has_its_tables(tmp_path):
    empty = Plan(tmp_path, tmp_path / "sorted", "copy", (), "0" * 16, {})
    assert plan_tree(empty).splitlines()[1] == "├── clusters.csv"


def test_state_bars_are_as_high_as_the_counts():
    counts = {"originals": [5, 5], "copies": [5, 3]}
    ax = plots.state_bars(["applied", "harmed"], counts, ax=plots.new_axes(4, 3))
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    assert heights == [[5, 5], [5, 3]]
    middles = np.mean([[b.get_x() + b.get_width() / 2 for b in bars] for bars in ax.containers], 0)
    assert np.allclose(middles, [0, 1])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(counts)
    plt.close("all")
