"""Figures of keypoints, patches and bits: what is drawn is what was given."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from matplotlib.colors import to_rgb, to_rgba

from imagegroup import extract_features, plots
from imagegroup.plots import features as drawing
from imagegroup.scratch import brief, fast, orb, orientation

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
COLOURS = (drawing.ORANGE, drawing.BLUE, drawing.GREEN)


@pytest.fixture
def corner(photo):
    points, _ = fast.detect_fast(photo, threshold=20)
    return fast.examine_pixel(photo, *points[0], threshold=20)


def written(ax):
    return [text.get_text() for text in ax.texts]


def test_ring_writes_the_centre_and_the_sixteen_differences(photo, corner, ax):
    assert plots.fast_ring(photo, corner, ax=ax) is ax
    assert written(ax) == [str(corner.centre), *(f"{d:+d}" for d in corner.differences)]


def test_ring_draws_the_arc_outside_of_its_own_pixels(photo, corner, ax):
    plots.fast_ring(photo, corner, ax=ax)
    drawn = ax.lines[-1].get_xydata() - [corner.x, corner.y]
    own = fast.RING[corner.arc.positions]
    assert np.linalg.norm(drawn, axis=1).min() > 4
    assert np.allclose(
        np.arctan2(*drawn[: len(own)].T), np.arctan2(*own.astype(float).T), atol=1e-9
    )


def test_a_whole_ring_is_closed_and_an_empty_one_is_not_drawn(ax):
    spot = np.full((9, 9), 10, np.uint8)
    spot[4, 4] = 200
    plots.fast_ring(spot, fast.examine_pixel(spot, 4, 4, 20), ax=ax)
    assert len(ax.lines[-1].get_xydata()) == 17
    flat = np.zeros((9, 9), np.uint8)
    plots.fast_ring(flat, fast.examine_pixel(flat, 4, 4, 20), ax=ax)
    assert len(ax.lines[-1].get_xydata()) == 0


def test_bars_have_the_height_of_the_differences_and_fill_the_arc(corner, ax):
    plots.ring_bars(corner, 20, ax=ax)
    assert [bar.get_height() for bar in ax.patches] == corner.differences.tolist()
    filled = [i for i, bar in enumerate(ax.patches) if bar.get_facecolor() != to_rgba("white")]
    assert filled == sorted(corner.arc.positions)


def test_keypoints_are_circles_of_their_size_with_a_line_in_their_direction(photo, ax):
    features = extract_features(photo)
    plots.keypoints(features, ax=ax, rows=slice(None, None, 50))
    for line, row in zip(ax.lines[1::2], range(0, len(features), 50), strict=True):
        centre, first, *circle = line.get_xydata()
        assert np.allclose(centre, features.keypoints[row], atol=1e-4)
        radii = np.linalg.norm(np.array(circle) - centre, axis=1)
        assert np.allclose(2 * radii, features.sizes[row], rtol=1e-4)
        dx, dy = first - centre
        assert np.degrees(np.arctan2(dy, dx)) % 360 == pytest.approx(features.angles[row], abs=0.01)


def test_matches_are_split_by_truth_and_end_in_their_pictures(photo, ax):
    features = extract_features(photo)
    left, right_side = features.keypoints[:9], features.keypoints[9:18]
    truth = np.arange(9) % 3 == 0
    plots.matches(photo, photo, left, right_side, truth, ax=ax)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["wrong (6)", "right (3)"]
    ends = ax.lines[2].get_xydata().reshape(-1, 3, 2)
    assert np.allclose(ends[:, 0], left[truth])
    assert np.allclose(ends[:, 1] - [photo.shape[1] + 10, 0], right_side[truth])
    assert ax.lines[0].get_linestyle() != ax.lines[2].get_linestyle()


def test_matches_take_none_at_all(photo, ax):
    none = np.zeros((0, 2))
    plots.matches(photo, photo, none, none, np.zeros(0, bool), ax=ax)
    assert plots.picture(ax, "no matches").image


def test_pairs_are_coloured_by_their_answer(photo, ax):
    pattern, point = brief.learned_pattern()[:24], np.array([[100, 100]])
    bits = brief.compare(brief.read_points(photo, point, pattern[None]))[0]
    plots.brief_pairs(pattern, bits, ax=ax, patch=photo[85:116, 85:116])
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [line.get_color() == drawing.ORANGE for line in dots] == bits.astype(bool).tolist()
    assert np.array_equal([line.get_xydata()[0] for line in dots], pattern[:, 0])


def test_strips_are_black_where_bits_are_one_and_frame_what_differs(ax):
    rng = np.random.default_rng(0)
    one, two = rng.integers(0, 2, (2, 256))
    plots.bit_strip({"one": one, "two": two}, ax=ax, highlight=one != two)
    shown = np.array([image.get_array() for image in ax.images])
    assert np.array_equal(1 - shown.reshape(2, 256), [one, two])
    frames = [patch for patch in ax.patches if patch.get_width() == 1]
    assert len(frames) == 2 * (one != two).sum()


def test_centroid_lies_on_the_drawn_direction(photo, ax):
    level = orb.extract_levels(photo)[0]
    (x, y), (m00, m10, m01), angle = level.points[0], level.moments[0], level.angles[0]
    patch = photo[y - 15 : y + 16, x - 15 : x + 16]
    mask = orientation.circle_mask(31)
    plots.centroid_patch(patch, mask, (m10 / m00, m01 / m00), angle, ax=ax)
    (cx,), (cy,) = ax.lines[-1].get_data()
    tip = ax.texts[0].xy
    assert np.cross([cx, cy, 0], [*tip, 0])[2] == pytest.approx(0, abs=0.01)
    assert ax.images[1].get_array()[..., 3].astype(bool).sum() == 31 * 31 - 749


def test_numbers_stand_on_their_pixels(ax):
    plots.pixel_values(np.array([[0, 7], [128, 255]], np.uint8), ax=ax)
    assert written(ax) == ["0", "7", "128", "255"]
    assert [text.get_position() for text in ax.texts] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    other = plots.score_map(np.array([[-1, 0], [30, 90]]), ax=plots.new_axes(), numbers=True)
    assert written(other) == ["30", "90"]


def test_pyramid_frames_sit_on_their_points(photo, ax):
    levels = [photo, photo[::2, ::2]]
    plots.pyramid_strip(levels, np.array([[50, 40], [25, 20]]), ax=ax)
    middles = [(p.get_x() + p.get_width() / 2, p.get_y() + p.get_height() / 2) for p in ax.patches]
    assert middles[0] == (50, 40)
    assert middles[2] == (25 + photo.shape[1] + 12, 20)


def test_histogram_shows_shares(ax):
    plots.distance_histogram({"near": np.full(8, 20), "far": np.array([128] * 3)}, ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["near", "far"]
    assert ax.dataLim.y1 == pytest.approx(1)


def test_bars_are_milliseconds_from_top_to_bottom(ax):
    plots.time_bars({"read": 0.002, "decode": 0.05}, ax=ax)
    assert [bar.get_width() for bar in ax.patches] == [2, 50]
    assert ax.yaxis_inverted()
    assert written(ax) == ["2.0 ms", "50.0 ms"]


def test_marks_keep_places_and_kinds(ax):
    points = np.array([[3, 4], [10, 2]])
    for marker, label in {"o": "ours", "x": "theirs", ".": ""}.items():
        plots.mark_points(points, ax=ax, marker=marker, label=label)
    assert all(np.array_equal(kind.get_offsets(), points) for kind in ax.collections)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["ours", "theirs"]
    plots.mark_points([], ax=ax)


def test_squares_are_coloured_where_they_light_up(ax):
    bright, dark = np.zeros((2, 39, 39), bool)
    bright[28, 11] = dark[15, 6] = True
    plots.bit_squares(bright, dark, brief.learned_pattern()[137], ax=ax)
    sheet = ax.images[0].get_array()
    assert (sheet[28, 11] != sheet[0, 0]).any()
    assert (sheet[15, 6] != sheet[28, 11]).any()
    assert [text.split("\n")[1] for text in written(ax)] == ["(-13, -4)", "(-8, 9)"]


def test_curves_and_clouds_show_their_data(ax):
    plots.angle_curves([0, 15], {"steered": [0, 23], "not steered": [0, 48]}, ax=ax)
    assert ax.lines[1].get_xydata().tolist() == [[0, 0], [15, 48]]
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    cloud = plots.distance_scatter(np.array([8, 9]), np.array([1.0, 2]), ax=plots.new_axes())
    assert cloud.collections[0].get_offsets().tolist() == [[8, 1], [9, 2]]
    tones = plots.grey_histogram(np.arange(256), ax=plots.new_axes())
    assert tones.collections[0].get_paths()[0].vertices[:, 1].max() == 255


def test_hostile_names_can_be_titles():
    axes = plots.new_axes(4, 2, columns=2)
    plots.image_row([np.zeros((4, 4), np.uint8)] * 2, ["$x_{$.jpg", "<b>\\frac{.jpg"], axes=axes)
    assert plots.picture(axes, "two pictures").image


def test_colours_differ_when_printed_grey():
    grey = sorted(np.dot(to_rgb(colour), [0.299, 0.587, 0.114]) for colour in COLOURS)
    assert min(np.diff(grey)) > 0.04
    assert grey[-1] - grey[0] > 0.25  # orange and blue, which stand for wrong and right


@pytest.mark.parametrize("name", ["01_preprocessing", "02_fast", "03_orb"])
def test_large_numbers_in_prose_were_printed_by_the_notebook(name):
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    printed = "\n".join(
        "".join(o.get("text", "")) + "".join(o.get("data", {}).get("text/plain", ""))
        for cell in cells
        for o in cell.get("outputs", [])
    )
    prose = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    for number in re.findall(r"\d{1,3}(?:,\d{3})+", prose):
        assert number in printed, number
