"""Photos made from those that scikit-image and scikit-learn carry, any number, at any size.

Each is a piece of one of them, turned, mirrored on where it ends, with its light changed and the
noise of a sensor. Pixels keep their size nearly, so there is as much detail as in a phone's photo.

    python benchmarks/make_images.py FOLDER --count 101 --side 1600
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from imagegroup.samples import PHOTOS, photo


def make_photo(side: int, seed: int) -> np.ndarray:
    """Make one photo, 4 : 3, (3 side / 4, side, 3) uint8 RGB; the same for the same seed."""
    rng = np.random.default_rng(seed)
    source = photo(PHOTOS[rng.integers(len(PHOTOS))])
    height, width = source.shape[:2]
    turn = cv2.getRotationMatrix2D(
        (width * rng.random(), height * rng.random()), rng.uniform(0, 360), rng.uniform(0.7, 1.3)
    )
    turn[:, 2] += side / 2, side * 3 / 8
    image = cv2.warpAffine(source, turn, (side, side * 3 // 4), borderMode=cv2.BORDER_REFLECT)
    light = (image / 255) ** rng.uniform(0.6, 1.6) * rng.uniform(180, 255)
    noise = rng.standard_normal(image.shape[:2], np.float32)[..., None] * rng.uniform(1, 4)
    return np.clip(light + noise, 0, 255).astype(np.uint8)


def make_folder(folder: Path, count: int, side: int, seed: int = 0) -> Path:
    """Write `count` photos as JPEG of quality 90, if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"{number:05}.jpg"
        if not path.exists():
            bgr = make_photo(side, seed + number)[..., ::-1]
            data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
            path.write_bytes(data.tobytes())
    return folder


def main() -> None:
    """Make a folder of photos."""
    parser = argparse.ArgumentParser(description="Make photos to measure with.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=101)
    parser.add_argument("--side", type=int, default=1600, help="long side in px")
    parser.add_argument("--seed", type=int, default=0)
    print(make_folder(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
