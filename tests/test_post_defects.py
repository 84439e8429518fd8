"""The post's script loses, mislabels and crashes; each of its defects is a test that we pass.

A: it deletes photos. B: names and labels drift apart. C: it crashes or hangs. M: its maths. The
numbers are those of our notes on the script; each docstring says what the script does.
Whatever the outcome, `group` below sees to it that the folder is as before, that each of its files
is accounted for once, and that nobody is asked anything.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import io
import json
import os
import stat
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from imagegroup import CLASSIC, DEFAULT, group_images, staging
from imagegroup.cli import main

BOTH = ("classic", "default")
both_recipes = pytest.mark.parametrize("recipe", BOTH)
QUICK = ["n_init=1", "ks=1..8"]
QUICK_DEFAULT = (*QUICK, "n_words=4", "n_features=200", "grid_step=16")


def texture(seed: int, side: int = 200) -> np.ndarray:
    """Noise: exactly 800 keypoints with the post's parameters."""
    return np.random.default_rng(seed).integers(0, 256, (side, side), np.uint8)


def sparse() -> np.ndarray:
    """A square: a few keypoints, by no means 800."""
    image = np.full((200, 200), 128, np.uint8)
    image[80:120, 80:120] = 255
    return image


def png(image: np.ndarray) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def fill(folder: Path, files: dict[str, np.ndarray | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else png(content))
    return folder


def textured(count: int, prefix: str = "g") -> dict[str, np.ndarray]:
    """Pictures that belong in turn to two groups: the even ones are alike, and the odd ones."""
    return {f"{prefix}{i:02d}.png": texture(i % 2) for i in range(count)}


def snapshot(folder: Path) -> dict[str, tuple]:
    """All below a folder: kind, mode, time, and content or where a link leads."""
    found = {}
    for path in sorted(folder.rglob("*")):
        info = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
        found[os.fspath(path.relative_to(folder))] = (info.st_mode, info.st_mtime_ns, content)
    return found


def run(folder: Path, *arguments: object, recipe: str = "default", code: int = 0):
    """Run `imagegroup group`; return what it says on stdout and on stderr."""
    before = snapshot(folder) if folder.is_dir() else None
    settings = QUICK if recipe == "classic" else QUICK_DEFAULT
    options = ["--recipe", recipe, *(f"--set={setting}" for setting in settings)]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        returned = main(["group", str(folder), *options, *map(str, arguments)])
    assert returned == code, err.getvalue()
    assert "Traceback" not in err.getvalue()
    assert before is None or snapshot(folder) == before
    if code:
        assert len(err.getvalue().splitlines()) == 1, err.getvalue()
    return out.getvalue(), err.getvalue()


def group(folder: Path, *arguments: object, recipe: str = "default") -> dict:
    """Run it with --json; every file of the folder comes back once, with a label or a reason."""
    said = json.loads(run(folder, "--json", *arguments, recipe=recipe)[0])
    reasons = {skip["path"]: skip["reason"] for skip in said["skipped"]}
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not is_folder(p)}
    assert set(said["labels"]) | set(reasons) == files
    assert said["seen"] == len(files) == len(said["labels"]) + len(reasons)
    assert said["seen"] == said["grouped"] + said["no_features"] + len(reasons)
    said["reasons"] = reasons
    return said


def is_folder(path: Path) -> bool:
    return stat.S_ISDIR(path.lstat().st_mode)


def exported(folder: Path, out: Path) -> dict[str, str]:
    """The cluster folder of each picture by its content, checked against clusters.csv."""
    with open(out / "clusters.csv", newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        copy = out / row["exported"]
        label = int(row["label"])
        assert copy.read_bytes() == (folder / row["path"]).read_bytes()
        assert copy.parent.name == ("no_features" if label < 0 else f"cluster_{label:02d}")
    return {row["path"]: row["exported"].split("/")[0] for row in rows}


@pytest.fixture(autouse=True)
def nobody_is_asked(monkeypatch):
    def ask(*_):
        raise AssertionError("a prompt")

    monkeypatch.setattr("builtins.input", ask)
    monkeypatch.setattr(sys, "stdin", None)


# --- A: pictures without exactly 800 keypoints are deleted, or others in their place


SPARSE_CASES = {
    "A1 one sparse picture": ({**textured(6), "zz_sparse.png": sparse()}, {"zz_sparse.png"}),
    "A2 a text before it": (
        {"a_notes.txt": b"my notes", **textured(6), "zz_sparse.png": sparse()},
        {"zz_sparse.png"},
    ),
    "A3 a document before it": (
        {"a_thesis.docx": b"PK\3\4" + bytes(60), **textured(6), "zz_sparse.png": sparse()},
        {"zz_sparse.png"},
    ),
    "A4 three amid others": (
        textured(12) | dict.fromkeys(("g05.png", "g06.png", "g07.png"), sparse()),
        {"g05.png", "g06.png", "g07.png"},
    ),
    "A5 the last three": (
        textured(6) | dict.fromkeys(("y1.png", "y2.png", "y3.png"), sparse()),
        {"y1.png", "y2.png", "y3.png"},
    ),
    "A7 a folder before it": (
        {"a_album/x.png": texture(0), **textured(5), "zz_sparse.png": sparse()},
        {"zz_sparse.png"},
    ),
}


@pytest.mark.parametrize("case", SPARSE_CASES)
def test_sparse_pictures_are_kept_and_shift_nothing(tmp_path, case):
    """It deletes what has another number of keypoints; by a shifted index, so others go too."""
    files, without = SPARSE_CASES[case]
    said = group(fill(tmp_path, files), "--k", 2, recipe="classic")
    labels = said["labels"]
    assert {name for name, label in labels.items() if label == -1} == without
    first, second = labels["g00.png"], labels["g01.png"]
    assert {first, second} == {0, 1}
    for name, content in files.items():
        if name in labels and name not in without:
            same = np.array_equal(content, texture(0))
            assert labels[name] == (first if same else second), name
    expected = {"a_notes.txt": "not-an-image", "a_thesis.docx": "document"}
    assert said["reasons"] == {n: reason for n, reason in expected.items() if n in files}


def test_a6_all_sparse(tmp_path):
    """It deletes every other one, then crashes."""
    fill(tmp_path, {f"{i}.png": sparse() for i in range(10)})
    said = group(tmp_path, recipe="classic")
    assert (said["k"], said["no_features"], said["grouped"]) == (0, 10, 0)
    assert group(tmp_path)["grouped"] == 10


def test_a8_a_link_to_a_sparse_picture(tmp_path):
    """It deletes the link."""
    fill(tmp_path / "masters", {"sparse.png": sparse()})
    folder = fill(tmp_path / "photos", textured(4))
    (folder / "link.png").symlink_to(tmp_path / "masters" / "sparse.png")
    assert group(folder, "--k", 2)["reasons"] == {"link.png": "symlink"}
    assert (folder / "link.png").is_symlink()
    assert (tmp_path / "masters" / "sparse.png").exists()


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError])
def test_a9_what_goes_wrong_later_costs_nothing(tmp_path, monkeypatch, failure):
    """It deletes before it checks anything: an error, or Ctrl-C, comes too late."""

    def stop(*_, **__):
        raise failure("late")

    monkeypatch.setattr("imagegroup.fitting.sweep_k", stop)
    folder = fill(tmp_path / "photos", {**textured(4), "sparse.png": sparse()})
    run(folder, "--out", tmp_path / "out", code=130 if failure is KeyboardInterrupt else 2)
    assert set(os.listdir(folder)) == {*textured(4), "sparse.png"}
    assert not (tmp_path / "out").exists()


def test_a10_fewer_and_more_keypoints_than_asked_for(tmp_path):
    """It takes the number asked for as a promise; ties give more, small pictures fewer."""
    more = np.tile(texture(0, side=24), (16, 16))
    fewer = cv2.GaussianBlur(texture(9, side=60), (9, 9), 3)
    orb = cv2.ORB_create(nfeatures=800, edgeThreshold=0, fastThreshold=0)
    assert 0 < len(orb.detect(fewer)) < 800 < len(orb.detect(more))
    fill(tmp_path, {**textured(4), "more.png": more, "fewer.png": fewer})
    labels = group(tmp_path, "--k", 2, recipe="classic")["labels"]
    assert labels["more.png"] == labels["fewer.png"] == -1
    assert min(group(tmp_path, "--k", 2)["labels"].values()) == 0


# --- B: names and labels drift apart


@both_recipes
def test_b1_a_text_shifts_no_label_and_every_picture_is_exported(tmp_path, recipe):
    """It exports the text, and each picture with the label of the one before it."""
    scenes = {f"p{i}.png": texture(i // 2) for i in range(10)}
    folder = fill(tmp_path / "photos", {"a_readme.txt": b"read me", **scenes})
    labels = group(folder, "--k", 5, "--set=n_init=5", "--out", tmp_path / "out", recipe=recipe)
    pairs = [{labels["labels"][f"p{i}.png"] for i in (2 * j, 2 * j + 1)} for j in range(5)]
    assert sorted(map(sorted, pairs)) == [[0], [1], [2], [3], [4]]
    found = exported(folder, tmp_path / "out")
    assert set(found) == set(scenes)
    assert found == {n: f"cluster_{labels['labels'][n]:02d}" for n in scenes}


def test_b2_the_order_of_the_directory_does_not_matter(tmp_path, monkeypatch):
    """Which photos it deletes depends on the file system."""
    files = textured(8) | dict.fromkeys(("g03.png", "g05.png"), sparse())
    fill(tmp_path, files)
    plain, scandir = group(tmp_path, "--k", 2, recipe="classic"), os.scandir
    for order in (sorted, lambda e, key: sorted(e, key=key, reverse=True)):

        @contextlib.contextmanager
        def ordered(path, order=order):
            with scandir(path) as entries:
                yield iter(order(entries, key=lambda entry: entry.name))

        with monkeypatch.context() as patched:
            patched.setattr(os, "scandir", ordered)
            again = run(tmp_path, "--json", "--k", 2, recipe="classic")[0]
        assert json.loads(again)["labels"] == plain["labels"]


def test_b3_hidden_and_system_files(tmp_path):
    """It takes them for pictures and exports them."""
    litter = {".DS_Store": b"\0\0\0\1Bud1", "Thumbs.db": b"\xd0\xcf\x11\xe0" + bytes(600)}
    folder = fill(tmp_path / "photos", {**litter, ".hidden.png": texture(0), **textured(4)})
    said = group(folder, "--k", 2, "--out", tmp_path / "out")
    assert said["reasons"] == dict.fromkeys(litter, "system-file")
    assert set(exported(folder, tmp_path / "out")) == {".hidden.png", *textured(4)}


def test_b4_sub_folders_are_read_or_left_out(tmp_path):
    """It counts them as pictures, does not look into them, and crashes while it exports."""
    inside = {**textured(2, "a_sub/"), **textured(2, "holiday/")}
    folder = fill(tmp_path / "photos", {**textured(4), **inside})
    labels = group(folder, "--k", 2, "--out", tmp_path / "out")["labels"]
    for name in ("a_sub/00.png", "holiday/00.png", "g02.png"):
        assert labels[name] == labels["g00.png"] != labels["g01.png"]
    assert set(exported(folder, tmp_path / "out")) == set(labels)
    flat = json.loads(run(folder, "--json", "--k", 2, "--no-recursive")[0])
    assert set(flat["labels"]) == set(textured(4))


# --- C: crashes and hangs


@both_recipes
def test_c1_a_blank_picture(tmp_path, recipe):
    """It asks None for its shape."""
    fill(tmp_path, {"blank.png": np.full((200, 200), 90, np.uint8), **textured(4)})
    said = group(tmp_path, "--k", 2, recipe=recipe)
    assert [n for n, label in said["labels"].items() if label == -1] == ["blank.png"]


@both_recipes
@pytest.mark.parametrize("count", [0, 1, 7], ids=["C2 empty", "C4 one", "C3 seven"])
def test_small_folders(tmp_path, recipe, count):
    """It asks for more clusters than there are pictures."""
    fill(tmp_path, {f"{i}.png": texture(i) for i in range(count)})
    chosen = []
    if (recipe, count) == ("classic", 7):  # strangers have no elbow: one line says so
        assert "no elbow found for k = 1..7" in run(tmp_path, recipe=recipe, code=3)[1]
        chosen = ["--k", 7]
    said = group(tmp_path, *chosen, recipe=recipe)
    assert (said["grouped"], said["seen"]) == (count, count)
    assert said["k"] in (range(1, 8) if count == 7 else [count])


def test_c5_a_second_run(tmp_path):
    """It stops because Cluster0 exists."""
    folder = fill(tmp_path / "photos", textured(4))
    first = run(folder, "--k", 2, "--out", tmp_path / "out")[0]
    before = snapshot(tmp_path / "out")
    assert "exported 4 images" in first
    assert "already complete" in run(folder, "--k", 2, "--out", tmp_path / "out")[0]
    assert snapshot(tmp_path / "out") == before


def test_c7_no_knee_asks_nobody(tmp_path):
    """It waits for somebody to type a number."""
    alike = fill(tmp_path / "alike", {f"{i}.png": texture(0) for i in range(22)})
    assert group(alike, recipe="classic")["k"] == group(alike)["k"] == 1
    two = fill(tmp_path / "two", textured(2))
    assert "--k N" in run(two, recipe="classic", code=3)[1]


@pytest.mark.parametrize(
    ("k", "said"),
    [("abc", "k='abc'"), ("", "k=''"), ("0", "k=0"), ("-1", "k=-1"), ("999", "k = 999")],
)
def test_c8_a_k_that_cannot_be(tmp_path, monkeypatch, k, said):
    """It crashes on each, after the whole computation."""
    fill(tmp_path, textured(4))
    if k != "999":  # only the pictures can tell that there are too few of them
        monkeypatch.setattr("imagegroup.cli.group_images", lambda *_, **__: pytest.fail("computed"))
    assert said in run(tmp_path, "--k", k, code=2)[1]


def test_c9_a_folder_as_people_type_it(tmp_path, monkeypatch):
    """It crashes on a typo, a quote, a blank at the end, ~, a file."""
    fill(tmp_path / "my photos", textured(4))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for given in ('"my photos"', "'my photos'", "my photos ", "my photos/", "~/my photos"):
        assert "4 seen = 4 grouped" in run(Path(given), "--k", 2)[0]
    assert "my fotos: not found" in run(Path("my fotos"), code=2)[1]
    assert "not a folder" in run(Path("my photos/g00.png"), code=2)[1]


def in_a_process(folder: bytes) -> dict:
    """Group in a process of its own, which may neither hang nor crash."""
    script = (
        "import os, sys, imagegroup.cli as cli;"
        f"sys.exit(cli.main(['group', os.fsdecode({folder!r}), '--json', '--k', '2',"
        + ", ".join(f"'--set={setting}'" for setting in QUICK_DEFAULT)
        + "]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, timeout=100, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return json.loads(done.stdout)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not on this machine: named pipes")
def test_c11_a_pipe(tmp_path):
    """It waits for ever."""
    fill(tmp_path, textured(4))
    os.mkfifo(tmp_path / "a.jpg")
    said = in_a_process(os.fsencode(tmp_path))
    assert said["skipped"] == [{"path": "a.jpg", "reason": "not-a-file"}]
    assert stat.S_ISFIFO((tmp_path / "a.jpg").lstat().st_mode)


@pytest.mark.skipif(sys.platform != "linux", reason="not on this machine: names of any bytes")
def test_c13_a_name_that_is_not_utf8(tmp_path):
    """It dies: SIGSEGV in imread."""
    folder = os.fsencode(tmp_path) + b"/photos \xe9"
    os.mkdir(folder)
    for number, name in enumerate((b"caf\xe9.png", b"a.png", b"b.png", b"\xff\xfe.png")):
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(png(texture(number % 2)))
    labels = in_a_process(folder)["labels"]
    assert {os.fsencode(name) for name in labels} == set(os.listdir(folder))
    assert labels["caf\udce9.png"] == labels["b.png"] != labels["a.png"]


def test_c12_a_file_called_like_a_cluster(tmp_path):
    """It stops after all the work, because the name is taken."""
    folder = fill(tmp_path / "photos", {"Cluster0": b"mine", "cluster_00": texture(0)})
    fill(folder, textured(4))
    said = group(folder, "--k", 2, "--out", tmp_path / "out")
    assert said["reasons"] == {"Cluster0": "not-an-image"}
    assert set(exported(folder, tmp_path / "out")) == {"cluster_00", *textured(4)}
    (tmp_path / "taken").write_bytes(b"mine")
    assert "taken exists" in run(folder, "--out", tmp_path / "taken", code=2)[1]
    assert (tmp_path / "taken").read_bytes() == b"mine"


def test_c14_a_disk_that_runs_full_at_the_sixth_copy(tmp_path, monkeypatch):
    """It leaves five copies, and refuses to go on with them."""
    folder, copy, copies = fill(tmp_path / "photos", textured(8)), staging.copy_file, []

    def full(*arguments, **keywords):
        copies.append(arguments)
        if len(copies) == 6:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return copy(*arguments, **keywords)

    with monkeypatch.context() as patched:
        patched.setattr(staging, "copy_file", full)
        said = run(folder, "--k", 2, "--out", tmp_path / "out", code=2)[1]
    assert "No space left on device" in said
    assert not (tmp_path / "out").exists()
    run(folder, "--k", 2, "--out", tmp_path / "out")
    assert set(exported(folder, tmp_path / "out")) == set(textured(8))
    assert set(os.listdir(tmp_path)) == {"photos", "out"}


def test_c15_times_modes_and_equal_names_survive(tmp_path):
    """It loses time and mode, and may write one picture over another."""
    folder = fill(tmp_path / "photos", {"x/same.png": texture(0), "y/same.png": texture(0)})
    fill(folder, textured(2))
    os.utime(folder / "g00.png", (10**9, 10**9))
    (folder / "g00.png").chmod(0o600)
    group(folder, "--k", 2, "--out", tmp_path / "out")
    assert len(exported(folder, tmp_path / "out")) == 4
    [copy] = (tmp_path / "out").rglob("g00.png")
    assert (copy.stat().st_mtime, copy.stat().st_mode & 0o777) == (10**9, 0o600)
    assert {p.name for p in (tmp_path / "out").rglob("same*")} == {"same.png", "same (2).png"}


def giant_png() -> bytes:
    """20,000 x 20,000 white and black pixels, in 50 kB."""
    chunks = [b"\x89PNG\r\n\x1a\n"]
    size = (20_000).to_bytes(4)
    pixels = zlib.compress(bytes(2_501 * 20_000), 1)
    for kind, data in ((b"IHDR", size + size + b"\1\0\0\0\0"), (b"IDAT", pixels), (b"IEND", b"")):
        chunks += [len(data).to_bytes(4), kind, data, zlib.crc32(kind + data).to_bytes(4)]
    return b"".join(chunks)


@both_recipes
def test_c16_memory_grows_by_the_vector_alone(tmp_path, recipe):
    """It keeps all pictures at full size: one of 20,000 x 20,000 takes 2 GB, and crashes it."""
    fill(tmp_path, {"giant.png": giant_png(), **textured(4)})
    assert group(tmp_path, "--k", 2, recipe=recipe)["reasons"] == {"giant.png": "too-large"}
    chosen = (CLASSIC if recipe == "classic" else DEFAULT).with_values(k=2, n_init=1)
    grouping = group_images(tmp_path, chosen)
    kept = grouping.vectors.nbytes + grouping.labels.nbytes
    assert kept / len(grouping.paths) <= 40_000


def test_c17_nothing_is_written_among_the_originals(tmp_path):
    """It writes its clusters into the folder, where the next run finds them."""
    album = tmp_path / "album"
    folder = fill(album / "photos", textured(4))
    for out in (folder, folder / "sorted", album):
        run(folder, "--out", out, code=2)
    group(folder, "--k", 2, "--out", album / "sorted")
    out, err = run(album, "--json", "--k", 2)
    assert json.loads(out)["seen"] == 4
    assert "left out, an export of ours: sorted" in err
