"""One view of a photo: each effect has the size and the direction it is said to have."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from imagegroup.samples import photo
from imagegroup.views import DIFFICULTIES, Ranges, make_view


@pytest.mark.parametrize(
    ("difficulty", "expected"),
    [
        ("easy", Ranges((0.9, 1), (-4, 4), 0, (0.95, 1.05), (0, 0), (0, 0), (90, 90))),
        ("hard", Ranges((0.45, 1), (-45, 45), 0.12, (0.6, 1.4), (0, 10), (0, 1.5), (40, 90))),
    ],
)
def test_difficulties_are_those_announced(difficulty, expected):
    assert DIFFICULTIES[difficulty] == expected


def test_nothing_moved_gives_the_photo_back():
    rgb = cv2.resize(photo("coffee"), (480, 360), interpolation=cv2.INTER_AREA)
    view, homography = make_view(rgb, np.random.default_rng(0), Ranges())
    np.testing.assert_array_equal(view, rgb)
    np.testing.assert_allclose(homography, np.eye(3), atol=1e-6)


def test_rotation_turns_the_content_counter_clockwise():
    rgb = np.zeros((360, 480, 3), np.uint8)
    rgb[180, 340] = 255  # right of the centre
    view, _ = make_view(rgb, np.random.default_rng(0), Ranges(rotation=(90, 90)))
    y, x = np.unravel_index(view[..., 0].argmax(), view.shape[:2])
    assert abs(x - 240) <= 1
    assert abs(y - 79) <= 1  # 100 px above it


def test_beyond_the_photo_it_is_mirrored_not_black():
    rgb = np.full((300, 400, 3), 200, np.uint8)
    for seed in range(5):
        ranges = Ranges(rotation=(45, 45), corners=0.12)
        view, _ = make_view(rgb, np.random.default_rng(seed), ranges)
        assert view.min() == view.max() == 200


def test_light_noise_and_blur_have_the_stated_size():
    rng = np.random.default_rng(0)
    flat = np.full((360, 480, 3), 100, np.uint8)
    levels = [make_view(flat, rng, Ranges(light=(0.6, 1.4)))[0] for _ in range(50)]
    means = [level.mean() for level in levels]
    assert 60 <= min(means) < 70
    assert 130 < max(means) <= 140
    noisy = make_view(flat, rng, Ranges(noise=(10, 10)))[0].astype(float)
    assert noisy[..., 0].std() == pytest.approx(10, abs=0.2)
    np.testing.assert_array_equal(noisy[..., 0], noisy[..., 2])
    edge = np.zeros((360, 480, 3), np.uint8)
    edge[:, 240:] = 250
    profile = make_view(edge, rng, Ranges(blur=(1.5, 1.5)))[0][180, :, 0] / 250
    slope = np.diff(profile)
    middle = (slope * np.arange(479)).sum()
    assert np.sqrt((slope * (np.arange(479) - middle) ** 2).sum()) == pytest.approx(1.5, abs=0.1)
