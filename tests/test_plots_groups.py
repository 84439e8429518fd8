"""Figures of groups: what is drawn is what was given."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from groupings import made_grouping
from hostile_names import HOSTILE_NAMES
from matplotlib.colors import to_rgba

from imagegroup import plots
from imagegroup.explanation import Mate
from imagegroup.inspection import confusion, project_to_plane, silhouettes
from imagegroup.names import display_name
from imagegroup.plots.features import ORANGE


@pytest.fixture
def grouping():
    rng = np.random.default_rng(0)
    labels = np.array([0] * 9 + [1] * 6 + [2] * 5 + [-1] * 2)
    return made_grouping(rng.normal(size=(22, 5)) + 3 * labels[:, None], labels)


def squares(values, side=24):
    return np.repeat(np.uint8(values), side * side * 3).reshape(-1, side, side, 3)


def written(ax):
    return [text.get_text() for text in ax.texts]


def test_a_sheet_has_each_thumbnail_and_its_name_below(ax):
    rows, names = [squares([10, 20, 30]), squares([40])], [["a", "b", "c"], ["d"]]
    plots.contact_sheet(rows, ["first", "second"], names=names, ax=ax, title="group 7")
    sheet = ax.images[0].get_array()
    assert written(ax) == list("abcd")
    for text, value in zip(ax.texts, (10, 20, 30, 40), strict=True):
        x, y = map(int, text.get_position())
        assert sheet[y - 3, x].tolist() == [value] * 3
        assert sheet[min(y + 1, len(sheet) - 1), x].tolist() == [255] * 3
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["first", "second"]
    assert "group 7" in [ax.get_title(loc=place) for place in ("left", "center")]


def test_hostile_names_are_drawn(ax):
    names = [display_name(name, 16) for name in HOSTILE_NAMES]
    rows = [squares(range(len(names)))]
    plots.contact_sheet(rows, names[:1], names=[names], ax=ax, title="$x^2$ $")
    picture = plots.picture(ax, "a sheet")
    assert len(picture.image) > 1_000


def test_names_below_thumbnails_do_not_overlap():
    ax = plots.new_axes(9, 2.9)
    names = [display_name("a_long_folder_name/and_a_long_name.jpg", 16)] * 8
    plots.contact_sheet(
        [squares(range(8), 96)] * 2, ["typical", "doubtful"], names=[names] * 2, ax=ax
    )
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    for left, right in itertools.pairwise(boxes[:8]):
        assert left.x1 <= right.x0


def test_no_groups_are_said(ax):
    plots.contact_sheet([], [], ax=ax)
    assert written(ax) == ["no groups"]


def test_the_plane_shows_every_image_with_features_at_its_place(grouping, ax):
    plane, marked = project_to_plane(grouping), np.arange(22) % 5 == 0
    plots.plane_scatter(plane, squares(range(22)), marked=marked, ax=ax)
    shown = {}
    for image, frame in zip(ax.images, ax.patches, strict=True):
        left, right, bottom, top = image.get_extent()
        row = int(image.get_array()[0, 0, 0])
        assert np.allclose([(left + right) / 2, (bottom + top) / 2], plane.points[row])
        assert (frame.get_edgecolor() == to_rgba(ORANGE)) == marked[row]
        shown[row] = image
    assert sorted(shown) == list(range(20))
    assert written(ax) == ["0", "1", "2"]
    assert np.allclose([text.xy for text in ax.texts], plane.centers)
    assert f"{plane.shares[0]:.0%} of the variance" in ax.get_xlabel()
    assert f"{plane.shares[1]:.0%} of the variance" in ax.get_ylabel()


def test_silhouettes_are_sorted_bars_group_by_group(grouping, ax):
    values = silhouettes(grouping)
    plots.silhouette_plot(values, grouping.labels, ax=ax)
    assert len(ax.collections) == 3
    for label, collection in enumerate(ax.collections):
        drawn = collection.get_paths()[0].vertices
        wanted = np.sort(values[grouping.labels == label])
        assert drawn[:, 0].max() == pytest.approx(max(wanted.max(), 0))
        assert np.ptp(drawn[:, 1]) == len(wanted)
    mean = ax.lines[0].get_xdata()[0]
    assert mean == pytest.approx(np.nanmean(values))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["0", "1", "2"]


def test_silhouettes_that_do_not_exist_draw_an_empty_plot(ax):
    plots.silhouette_plot(np.full(3, np.nan), np.zeros(3, int), ax=ax)
    assert len(ax.collections) == 0


def test_the_confusion_table_writes_its_counts(ax):
    table = confusion(["$x$ $", *"aabbc"], np.array([1, 1, 0, 0, 0, -1]))
    plots.confusion_table(table, ax=ax)
    drawn = {tuple(map(int, text.get_position())): int(text.get_text()) for text in ax.texts}
    assert drawn == {(x, y): n for (y, x), n in np.ndenumerate(table.counts) if n}
    groups = [tick.get_text() for tick in ax.get_xticklabels()]
    assert groups == ["1", "0", "none"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["$x$ $", "a", "b", "c"]
    plots.picture(ax, "a table")


def test_error_curves_mark_where_the_goal_is_reached(ax):
    curve = np.array([0.5, 0.25, 0.25, 0.0, 0.0])
    plots.error_curves({"listing": curve}, ax=ax)
    dot = ax.lines[1].get_xydata()
    assert dot.tolist() == [[0.75, 0.0]]
    assert ax.get_legend().get_texts()[0].get_text() == "listing: 75% looked at"


def test_matches_with_a_mate_are_counted_by_whether_they_fit(ax):
    image = squares([100], 40)[0]
    points = np.arange(10, dtype=np.float32).reshape(5, 2)
    agree = np.array([True, True, True, False, False])
    mate = Mate("a.jpg", 1.0, image, points, points, agree)
    plots.mate_matches(image, mate, ax=ax, title="$x^2$_a.jpg")
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["do not fit (2)", "fit one view of the other (3)"]
    plots.picture(ax, "matches")
