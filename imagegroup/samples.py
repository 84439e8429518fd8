"""The sample album: a folder of photos whose groups, and whose geometry, are known.

Twelve photographs that scikit-image and scikit-learn carry in their packages become a group each:
several views of the photo, bent and spoilt by known amounts. Nothing is downloaded.
data/README.md names the authors and licences.
"""

from __future__ import annotations

import csv
import tempfile
import zlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from imagegroup.images import read_photo
from imagegroup.names import display_name, safe_component
from imagegroup.skips import Skipped
from imagegroup.views import DIFFICULTIES, make_view

_FILES = {
    "astronaut": "skimage/data/astronaut.png",
    "chelsea": "skimage/data/chelsea.png",
    "coffee": "skimage/data/coffee.png",
    "rocket": "skimage/data/rocket.jpg",
    "hubble_deep_field": "skimage/data/hubble_deep_field.jpg",
    "coins": "skimage/data/coins.png",
    "brick": "skimage/data/brick.png",
    "gravel": "skimage/data/gravel.png",
    "camera": "skimage/data/camera.png",
    "immunohistochemistry": "skimage/data/ihc.png",
    "china": "sklearn/datasets/images/china.jpg",
    "flower": "sklearn/datasets/images/flower.jpg",
}
PHOTOS = tuple(_FILES)
"""Names of the twelve photographs."""


def photo(name: str) -> np.ndarray:
    """Read one of the `PHOTOS` as its package carries it, (H, W, 3) uint8 RGB, grey ones too.

    >>> photo("chelsea").shape
    (300, 451, 3)
    """
    return read_photo(_photo_file(name), colour=True).image


def make_album(
    folder: str | Path,
    difficulty: str = "easy",
    views: int = 8,
    random_state: int = 0,
    extra: Sequence[str | Path] = (),
) -> Path:
    """Write the sample album, or find it complete and reuse it; returns its folder.

    It holds `<photo>/00.jpg`, `<photo>/01.jpg`, ... of 480 x 360 px and `truth.csv` (see
    `read_truth`). Every amount is drawn uniformly for each view; none was tuned to a score:

    ====  ===========  ===========  =======  ========  ========  ========  ========
    \\     window side  rotation     corners  light     noise sd  blur sd   JPEG
    ====  ===========  ===========  =======  ========  ========  ========  ========
    easy  0.9 to 1     +-4 degrees  0        +-5 %     0         0         90
    hard  0.45 to 1    +-45 deg.    12 %     +-40 %    0 to 10   0 to 1.5  40 to 90
    ====  ===========  ===========  =======  ========  ========  ========  ========

    `Ranges` says what each is measured in, `make_view` what happens at the border. The same
    arguments give the same bytes under the same versions of NumPy and OpenCV, and a view does not
    depend on how many others there are. A run stopped half-way leaves no half album.

    Parameters
    ----------
    folder : path
        New, empty, or this very album; anything else raises FileExistsError.
    difficulty : {"easy", "hard"}
    views : int
        Views of each photo.
    random_state : int, not negative
    extra : paths of images
        Further photos, the reader's own; each becomes a group named like its file. One that
        cannot be read raises ValueError.
    """
    folder = Path(folder).expanduser()
    if difficulty not in DIFFICULTIES or views < 1 or random_state < 0:
        raise ValueError(
            f"difficulty={difficulty!r}, views={views}, random_state={random_state}:"
            " expected easy or hard, views from 1, random_state from 0."
        )
    sources = _sources(extra)
    rows = {
        (group, view): (f"{group}/{view:02d}.jpg", difficulty, str(random_state), checksum)
        for group, source in sources.items()
        for checksum in [f"{zlib.crc32(source.read_bytes()):08x}"]
        for view in range(views)
    }
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if _holds(folder, rows):
            return folder
        raise FileExistsError(
            f"{display_name(folder)} holds something else than this album: "
            "name a new folder, or delete it to have the album made again."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    marks = {"prefix": f".{folder.name}.imagegroup-", "suffix": ".partial"}
    with tempfile.TemporaryDirectory(dir=folder.parent, **marks) as staging:
        album = Path(staging) / "album"
        _write_album(album, sources, rows)
        try:
            if folder.is_dir():
                folder.rmdir()  # empty; Windows renames onto nothing
            album.rename(folder)
        except OSError:
            if not _holds(folder, rows):  # another process may have made it in the meantime
                raise
    return folder


def read_truth(folder: str | Path) -> dict[str, np.ndarray]:
    """Read where the pixels of each view of an album come from.

    `truth.csv` has a row for each view: path, difficulty, random_state, photo_crc32 (of the
    photo's file) and the homography h00, h01, ... h22. Without it: FileNotFoundError.

    Returns
    -------
    dict of posix path relative to the folder -> (3, 3) float64
        The homography from view to base photo: it takes a view pixel (x, y, 1) to a pixel of the
        photo as `photo` reads it (or of the extra photo, upright and full size).
        From view a to view b: ``np.linalg.inv(truth[b]) @ truth[a]``.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as out:
    ...     truth = read_truth(make_album(Path(out) / "album", views=2))
    >>> len(truth), truth["coins/01.jpg"].shape
    (24, (3, 3))
    """
    path = Path(folder).expanduser() / "truth.csv"
    if not path.is_file():
        raise FileNotFoundError(f"no truth.csv in {display_name(folder)}: make_album writes one.")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return {row[0]: np.array(row[4:], dtype=np.float64).reshape(3, 3) for row in rows}


def album_folder(difficulty: str = "easy", random_state: int = 0) -> Path:
    """Say where an album of 8 views has its usual place; nothing is written.

    That is `data/` beside the package in a clone of the project, else the user's cache folder.

    >>> album_folder("hard", random_state=3).name
    'album-hard-3'
    """
    import platformdirs

    clone = Path(__file__).resolve().parents[1]
    in_clone = (clone / "pyproject.toml").is_file()
    base = clone / "data" if in_clone else Path(platformdirs.user_cache_dir("imagegroup"))
    return base / (f"album-{difficulty}" + (f"-{random_state}" if random_state else ""))


def _photo_file(name: str) -> Path:
    if name not in _FILES:
        raise ValueError(f"no photo named {name!r}: expected one of {', '.join(PHOTOS)}.")
    package, _, inside = _FILES[name].partition("/")
    # The file in the installed package: the functions of skimage.data may try to download.
    return Path(find_spec(package).origin).parent / inside


def _sources(extra: Sequence[str | Path]) -> dict[str, Path]:
    """Name each group and its photo; equal names of extra photos get a number."""
    sources = {name: _photo_file(name) for name in PHOTOS}
    for path in (Path(path).expanduser() for path in extra):
        if not path.is_file():
            raise ValueError(f"extra photo {display_name(path)} is not a file: give its path.")
        stem = group = safe_component(path.stem)
        number = 2
        while group.casefold() in map(str.casefold, sources):
            group, number = f"{stem}-{number}", number + 1
        sources[group] = path
    return sources


def _write_album(
    album: Path, sources: dict[str, Path], rows: dict[tuple[str, int], tuple[str, ...]]
) -> None:
    truth = [["path", "difficulty", "random_state", "photo_crc32"]]
    truth[0] += [f"h{i}{j}" for i in range(3) for j in range(3)]
    for (group, view), row in rows.items():
        path, difficulty, random_state, _ = row
        if view == 0:
            (album / group).mkdir(parents=True)
            rgb = _read_source(sources[group])
        # A stream of its own: a view stays the same beside other views and groups.
        rng = np.random.default_rng([int(random_state), zlib.crc32(group.encode()), view])
        image, homography = make_view(rgb, rng, DIFFICULTIES[difficulty])
        quality = int(rng.integers(*DIFFICULTIES[difficulty].quality, endpoint=True))
        bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        (album / path).write_bytes(jpeg.tobytes())
        truth.append([*row, *map(float, homography.ravel())])
    with (album / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(truth)


def _read_source(path: Path) -> np.ndarray:
    try:
        return read_photo(path, colour=True).image
    except Skipped as skipped:
        raise ValueError(
            f"{display_name(path)}: {skipped.reason.sentence} {skipped.reason.remedy}"
        ) from None


def _holds(folder: Path, rows: dict[tuple[str, int], tuple[str, ...]]) -> bool:
    """Tell whether the folder is a complete album with these rows."""
    try:
        with (folder / "truth.csv").open(newline="", encoding="utf-8") as file:
            found = [tuple(row[:4]) for row in csv.reader(file)][1:]
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return found == list(rows.values()) and all((folder / row[0]).is_file() for row in found)
