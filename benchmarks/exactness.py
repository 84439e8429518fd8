"""Draw docs/exactness.png: one inner product of two photos' vectors, summed in many orders.

python benchmarks/exactness.py
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from imagegroup import group_images
from imagegroup.images import read_image
from imagegroup.orb import OrbParams, extract_descriptors
from imagegroup.samples import make_album
from imagegroup.vectors import encode_vlad

ORDERS = 1_000
PLACE = Path(__file__).resolve().parents[1] / "docs" / "exactness.png"


def sums_in_many_orders(a: np.ndarray, b: np.ndarray) -> Counter:
    """Add the products of two vectors one after the other, in float32, in random orders."""
    rng = np.random.default_rng(0)
    products = (a * b).astype(np.float32)
    return Counter(
        float(np.cumsum(rng.permutation(products), dtype=np.float32)[-1]) for _ in range(ORDERS)
    )


def draw(axes, counts: Counter, title: str) -> None:
    """Draw how often each result came out."""
    middle = max(counts, key=counts.get)
    offsets = sorted((value - middle) * 1e7 for value in counts)
    heights = [counts[middle + offset / 1e7] for offset in offsets]
    axes.vlines(offsets, 0, heights, linewidth=3)
    axes.set_ylim(bottom=0)
    axes.set(
        title=title, xlabel="difference from the most frequent result, in 1e-7", xlim=(-25, 25)
    )


def main() -> None:
    """Compare vectors as they are with vectors rounded to whole steps of 2**-11."""
    with tempfile.TemporaryDirectory() as place:
        album = make_album(Path(place) / "album", views=2)
        [(words,), *_] = group_images(album).learned
        orb = OrbParams(n_features=1_000, edge_threshold=15, fast_threshold=10)
        paths = [album / "coffee" / name for name in ("00.jpg", "01.jpg")]
        a, b = (encode_vlad(extract_descriptors(read_image(p), orb), words) for p in paths)
    left, right = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")[1]
    rounded = [np.rint(v * 2**11) / 2**11 for v in (a, b)]
    every, one = sums_in_many_orders(a, b), sums_in_many_orders(*rounded)
    draw(left, every, f"as they are: {len(every)} results")
    draw(right, one, f"in whole steps of 1/2048: {len(one)} result")
    left.set_ylabel(f"of {ORDERS:,} orders")
    plt.savefig(PLACE, dpi=100)
    print(f"{len(every)} results and {len(one)}: {PLACE.name}")


if __name__ == "__main__":
    main()
