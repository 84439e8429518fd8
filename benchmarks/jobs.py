"""Whole jobs against the post's way: CLASSIC with the same labels, DEFAULT on big photos."""

from __future__ import annotations

import os
import statistics
from pathlib import Path

import cv2
import numpy as np
import plain_post
from make_images import make_folder
from measure import race, ratio, say_at_most, say_speedup, threads

from imagegroup import CLASSIC, DEFAULT, NoElbow, group_images, list_folder
from imagegroup.decode import FLAGS, reduction
from imagegroup.formats import sniff
from imagegroup.grouping import observe_images

SHARED = Path(
    os.environ.get("IMAGEGROUP_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)


def big_photos() -> Path | None:
    """Give the folder of photos of 8 to 22 megapixels, or None where they are not."""
    folder = SHARED / "bigphotos"
    if folder.is_dir():
        return folder
    print(f"no photos in {folder}: their rows are left out (set IMAGEGROUP_DATA to their folder)")
    return None


def full_paths(folder: Path) -> list[Path]:
    """List the files of a folder that may be images, in our order."""
    return [folder / path for path in list_folder(folder).paths if not path.endswith(".txt")]


def classic(folder: Path) -> tuple[list[Path], np.ndarray, np.ndarray | None]:
    """Group with CLASSIC: images with 800 keypoints, labels for every k, labels at the elbow."""
    try:
        grouping = group_images(folder, CLASSIC)
    except NoElbow as stopped:
        return [], stopped.sweep.labels, None
    featured = grouping.labels >= 0
    kept = [folder / path for path, f in zip(grouping.paths, featured, strict=True) if f]
    return kept, grouping.sweep.labels, grouping.labels[featured]


def check_classic(theirs: tuple, ours: tuple) -> None:
    """Stop unless images and labels are equal, for every k and at the elbow."""
    (kept, labels, elbow, final), (our_kept, our_labels, our_final) = theirs, ours
    assert np.array_equal(labels, our_labels)
    assert (elbow is None) == (our_final is None)
    assert elbow is None or (kept == our_kept and np.array_equal(final, our_final))


def race_classic(name: str, folder: Path, repeats: int) -> None:
    """Print the row of CLASSIC for one folder."""
    paths = full_paths(folder)
    theirs, ours = race(
        lambda: plain_post.group(paths), lambda: classic(folder), repeats, check_classic
    )
    say_speedup(f"CLASSIC, {len(paths)} {name}, same labels", theirs, ours, 2.5)


def race_default(folder: Path, repeats: int) -> None:
    """Print the rows of DEFAULT: extraction, and the whole job."""
    paths = full_paths(folder)
    names = [path.relative_to(folder).as_posix() for path in paths]
    theirs, ours = race(
        lambda: plain_post.read_vectors(paths),
        lambda: list(observe_images(folder, names, DEFAULT)),
        repeats,
    )
    say_speedup(f"DEFAULT, {len(paths)} big photos, extraction", theirs, ours, 25)
    theirs, ours = race(
        lambda: plain_post.group(paths), lambda: group_images(folder, DEFAULT), repeats
    )
    say_speedup(f"DEFAULT, {len(paths)} big photos, whole job", theirs, ours, 10)


def decode_reduced(paths: list[Path], colour: bool) -> None:
    """Merely decode the files, at the size at which DEFAULT has them decoded."""
    for path in paths:
        data = path.read_bytes()
        factor = reduction(sniff(data), DEFAULT.max_side)
        cv2.imdecode(np.frombuffer(data, np.uint8), FLAGS[colour, factor])


def compare_with_decoding(folder: Path, repeats: int) -> None:
    """Print what extraction takes beside merely decoding, one thread each."""
    paths = full_paths(folder)
    names = [path.relative_to(folder).as_posix() for path in paths]
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    for kind, colour in (("grey", False), ("colour, as DEFAULT has it", True)):
        decoding, ours = race(
            lambda colour=colour: decode_reduced(paths, colour),
            lambda: list(observe_images(folder, names, DEFAULT, jobs=1)),
            repeats,
        )
        taken = ratio(ours, decoding, "cpu")
        each = 1_000 * statistics.median(run.cpu for run in ours) / len(paths)
        say_at_most(
            f"extraction / reduced decode in {kind}", taken, "x cpu", 1.6, f", {each:.0f} ms"
        )
    cv2.setNumThreads(before)


def main_classic(repeats: int, place: Path) -> None:
    """Print the rows of CLASSIC."""
    print(f"threads of the post's way: {threads()}; ours: {os.cpu_count()} for files, else 1")
    folder = make_folder(place / "1600", 101, 1600)
    race_classic("generated photos, 1600 px", folder, repeats)
    if folder := big_photos():
        race_classic("big photos", folder, repeats)


def main_default(repeats: int, place: Path) -> None:
    """Print the rows of DEFAULT."""
    if folder := big_photos():
        print(f"threads of the post's way: {threads()}; ours: {os.cpu_count()} for files, else 1")
        race_default(folder, repeats)
        print("decoding: one thread of each side")
        compare_with_decoding(folder, repeats)
