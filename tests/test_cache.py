"""The cache: what is damaged, foreign or hostile is as good as absent, and does no harm."""

from __future__ import annotations

import ast
import errno
import hashlib
import io
import os
import pickle
import subprocess
import sys
import time
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import cv2
import numpy as np
import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from imagegroup import cache as module
from imagegroup.cache import DECIDING, MAGIC, Cache, default_folder, entry_key
from imagegroup.skips import Skipped, SkipReason

KEY = entry_key(b"photo", {"max_side": 640})
SMALL = (np.arange(64, dtype=np.uint8).reshape(2, 32), np.full((1, 2), 0.5, np.float32))


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    module._warn_once.cache_clear()
    return Cache(tmp_path / "observations")


def key_of(number: int) -> str:
    return entry_key(b"%d" % number, {})


def same(one, other) -> bool:
    return len(one) == len(other) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(one, other, strict=True)
    )


def plant(cache: Cache, body: bytes, key: str = KEY) -> None:
    """Write an entry with a sum that is right, whatever its body."""
    cache.folder.mkdir(mode=0o700, exist_ok=True)
    head = MAGIC + hashlib.sha256(key.encode() + body).digest()
    (cache.folder / key).write_bytes(head + body)


@given(
    st.lists(
        arrays.arrays(
            st.sampled_from([np.uint8, np.float32, np.int32]),
            arrays.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_what_is_stored_comes_back(tmp_path_factory, observation):
    cache = Cache(tmp_path_factory.getbasetemp() / "round")
    cache.store(KEY, tuple(observation))
    assert same(cache.load(KEY), observation)


def test_every_flipped_bit_and_every_cut_is_seen(cache):
    cache.store(KEY, SMALL)
    path, rng = cache.folder / KEY, np.random.default_rng(0)
    whole = path.read_bytes()
    for bit in rng.choice(8 * len(whole), 1_000, replace=False):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        assert cache.load(KEY) is None, f"bit {bit}"
    for length in rng.choice(len(whole), 300, replace=False):
        path.write_bytes(whole[:length])
        assert cache.load(KEY) is None, f"{length} bytes"
    path.write_bytes(whole + b"\0")
    assert cache.load(KEY) is None
    cache.store(KEY, SMALL)
    assert same(cache.load(KEY), SMALL)


def test_the_key_is_the_content_and_all_that_decides(monkeypatch):
    settings = {"encoding": "vlad", "orb": {"n_features": 800}, "max_side": 640, "grid_step": 8}
    key = entry_key(b"photo", settings)
    assert key == entry_key(b"photo", dict(reversed(settings.items())))
    others = [
        entry_key(b"another", settings),
        entry_key(b"photo", {**settings, "orb": {"n_features": 801}}),
        *(entry_key(b"photo", {**settings, name: 1}) for name in ("encoding", "max_side", "new")),
    ]
    changes = ((cv2, "__version__", "4.9.9"), (module, "CODE", "edited"), (module, "FORMAT", 2))
    for owner, name, value in changes:
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, value)
            others.append(entry_key(b"photo", settings))
    assert len({key, *others}) == len(others) + 1
    assert entry_key(b"photo", {"scale": np.float32(1.2)}) != entry_key(b"photo", {"scale": 1})


def test_an_edit_of_any_file_that_decides_makes_old_entries_misses():
    package = Path(module.__file__).parent
    needed, pending = set(), ["vectors"]
    while pending:
        name = pending.pop()
        needed.add(name)
        for node in ast.walk(ast.parse((package / f"{name}.py").read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("imagegroup."):
                imported = node.module.split(".")[1]
                pending += [imported] if imported not in needed else []
    blind = {"exact", "files", "kmeans", "names", "process", "skips"}  # these see no pixels
    assert needed - blind == set(DECIDING)


def test_an_entry_under_another_name_is_none(cache):
    cache.store(KEY, SMALL)
    (cache.folder / KEY).rename(cache.folder / key_of(1))
    assert cache.load(key_of(1)) is None


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, sign: str) -> None:
        self.sign = sign

    def __reduce__(self):
        return os.mkdir, (self.sign,)


def npz(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return file.getvalue()


def npy(array: np.ndarray, shape: tuple[int, ...] | None = None) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    header = f"'shape': {array.shape}"
    claim = f"'shape': {shape or array.shape}"
    data = file.getvalue().replace(header.encode(), claim.encode())
    return data.replace(b" " * (len(claim) - len(header)) + b"\n", b"\n", 1)


def objects(sign: str) -> bytes:
    file, array = io.BytesIO(), np.empty(1, object)
    array[0] = Trap(sign)
    np.savez(file, array)
    return file.getvalue()


ZEROS, FEW = np.zeros(2**23, np.uint8), np.zeros(8, np.uint8)
CRAFTED = {
    "zip bomb": lambda sign: npz(arr_0=npy(ZEROS)),
    "many bombs": lambda sign: npz(**{f"arr_{i}": npy(ZEROS[: 2**18]) for i in range(32)}),
    "1 TiB claimed": lambda sign: npz(arr_0=npy(FEW, (2**40,))),
    "4 GiB claimed": lambda sign: npz(arr_0=npy(FEW, (2**16, 2**16))),
    "negative shape": lambda sign: npz(arr_0=npy(FEW, (-(2**20), -(2**20)))),
    "object array": objects,
    "pickle": lambda sign: pickle.dumps(Trap(sign)),
    "pickle in a zip": lambda sign: npz(arr_0=pickle.dumps(Trap(sign))),
    "npy alone": lambda sign: npy(FEW),
    "other names": lambda sign: npz(other=npy(FEW)),
    "nested header": lambda sign: npz(arr_0=b"\x93NUMPY\1\0\xff\xff" + b"(" * 65_535),
    "text": lambda sign: b"these are my holidays",
    "nothing": lambda sign: b"",
}


@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_entry_neither_runs_nor_grows(cache, tmp_path, name):
    sign = tmp_path / "executed"
    plant(cache, CRAFTED[name](str(sign)))
    tracemalloc.start()
    found = cache.load(KEY)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found is None
    assert not sign.exists()
    assert peak < 2**20
    cache.store(KEY, SMALL)
    assert same(cache.load(KEY), SMALL)


def test_the_trap_and_the_bomb_would_work_elsewhere(tmp_path):
    bodies = {name: io.BytesIO(make(str(tmp_path / "executed"))) for name, make in CRAFTED.items()}
    list(np.load(bodies["object array"], allow_pickle=True).values())
    assert (tmp_path / "executed").exists()
    bomb = bodies["zip bomb"]
    assert np.load(bomb)["arr_0"].size > 500 * len(bomb.getvalue())
    with pytest.raises((MemoryError, ValueError)):
        np.load(bodies["1 TiB claimed"])["arr_0"]


WRITER = """
import itertools, sys
from pathlib import Path
import numpy as np
from imagegroup.cache import Cache, entry_key
cache, seed = Cache(Path(sys.argv[1])), int(sys.argv[2])
for i in itertools.count(seed):
    cache.store(entry_key(b"%d" % (i % 7), {}), (np.full((20_000, 32), i % 251, np.uint8),))
    if i == seed + 6:
        print("all are there", flush=True)
"""
READER = """
import itertools, sys
from pathlib import Path
import numpy as np
from imagegroup.cache import Cache, entry_key
cache, whole, torn = Cache(Path(sys.argv[1])), 0, 0
for i in itertools.count():
    found = cache.load(entry_key(b"%d" % (i % 7), {}))
    if found is not None:
        whole += 1
        torn += found[0].shape != (20_000, 32) or len(np.unique(found[0])) > 1
        print(whole, torn, flush=True)
"""


def test_killed_writers_and_reader_never_give_half_an_entry(cache):
    """Three processes at work on seven entries of 640 kB, each killed with SIGKILL, twice."""

    def start(script, *arguments):
        command = [sys.executable, "-c", script, str(cache.folder), *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    for pause in (0.3, 0.2):
        workers = [start(WRITER, "0"), start(WRITER, "100"), start(READER)]
        said = [worker.stdout.readline() for worker in workers][2:]
        time.sleep(pause)
        for worker in workers:
            assert worker.poll() is None  # none has failed
            worker.kill()
        said += workers[2].communicate()[0].splitlines(keepends=True)
        whole, torn = map(int, [line for line in said if line.endswith("\n")][-1].split())
        assert (whole > 0, torn) == (True, 0)
        for worker in workers[:2]:
            worker.communicate()
    kept = [cache.load(key_of(i)) for i in range(7)]
    assert all(found is not None and len(np.unique(found[0])) == 1 for found in kept)


def test_what_killed_writers_left_is_swept_after_a_day(cache):
    cache.store(KEY, SMALL)
    old, new, other = (cache.folder / n for n in (".tmp-imagegroup-1", ".tmp-imagegroup-2", ".tmp"))
    for path in (old, new, other):
        path.write_bytes(b"half")
    yesterday = time.time() - 25 * 60 * 60
    for path in (old, other):
        os.utime(path, (yesterday, yesterday))
    assert cache.prune() == 0
    assert sorted(os.listdir(cache.folder)) == sorted([".tmp", ".tmp-imagegroup-2", KEY])


def test_a_use_is_noted_however_the_disk_is_mounted(cache, monkeypatch):
    cache.store(KEY, SMALL)
    written = (cache.folder / KEY).stat().st_mtime_ns
    monkeypatch.setattr(time, "time_ns", lambda: 2 * 10**18)
    cache.load(KEY)
    info = (cache.folder / KEY).stat()
    assert (info.st_atime_ns, info.st_mtime_ns) == (2 * 10**18, written)


def test_the_cap_keeps_what_was_used_last(cache):
    for i in range(8):
        cache.store(key_of(i), SMALL)
        os.utime(cache.folder / key_of(i), (1_000_000 + i, 1_000_000))
    assert cache.load(key_of(1)) is not None  # used now
    entries, size = cache.size()
    assert entries == 8
    capped = Cache(cache.folder, limit_bytes=size // 2)
    assert capped.prune() == 4
    assert [i for i in range(8) if capped.load(key_of(i))] == [1, 5, 6, 7]
    assert capped.size() == (4, size // 2)


def test_one_store_in_256_looks_at_the_cap(tmp_path):
    cache = Cache(tmp_path / "observations", limit_bytes=2_000)
    for i in range(1, 20):
        cache.store(f"{i:02x}" + 62 * "0", SMALL)
    assert cache.size()[0] == 19
    cache.store(64 * "0", SMALL)
    assert 0 < cache.size()[1] <= 2_000
    assert cache.load(64 * "0") is not None


@pytest.mark.skipif(os.name != "posix", reason="not on this machine: POSIX permissions")
@pytest.mark.parametrize("fault", ["group", "world", "owner", "link", "file"])
def test_a_folder_that_is_not_ours_alone_is_refused(cache, tmp_path, monkeypatch, fault):
    cache.store(KEY, SMALL)
    if fault == "owner":
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    elif fault == "link":
        cache.folder.rename(tmp_path / "elsewhere")
        cache.folder.symlink_to(tmp_path / "elsewhere")
    elif fault == "file":
        cache = Cache(cache.folder / KEY)
    else:
        cache.folder.chmod(0o770 if fault == "group" else 0o707)
    calls = (
        lambda: cache.load(KEY),
        lambda: cache.store(KEY, SMALL),
        cache.clear,
        cache.prune,
        cache.size,
    )
    for call in calls:
        with pytest.raises(OSError, match=r"is no folder of yours alone|File exists"):
            call()
    with pytest.warns(RuntimeWarning, match="yours alone"):
        recalled = cache.recall({"max_side": 640}, tmp_path / "photos")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # told once
        assert same(recalled(b"photo", lambda: SMALL), SMALL)


@pytest.mark.skipif(os.name != "posix", reason="not on this machine: POSIX permissions")
def test_the_folder_is_made_in_the_users_cache_for_the_user_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path / name))
    cache, mask = Cache(), os.umask(0)
    try:
        assert (cache.folder, cache.size()) == (tmp_path / "imagegroup" / "observations", (0, 0))
        assert os.listdir(tmp_path) == []  # looking makes nothing
        cache.store(KEY, SMALL)
    finally:
        os.umask(mask)
    assert cache.folder.stat().st_mode & 0o777 == 0o700
    assert (cache.folder / KEY).stat().st_mode & 0o777 == 0o600
    assert default_folder() == cache.folder


@pytest.mark.parametrize("call", ["tempfile.mkstemp", "os.replace", "pathlib.Path.mkdir"])
def test_a_full_disk_is_told_once_and_stops_nothing(cache, tmp_path, monkeypatch, call):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(call, full)
    if call != "pathlib.Path.mkdir":
        cache.folder.mkdir(0o700)
    recalled = cache.recall({}, tmp_path / "photos")
    with pytest.warns(RuntimeWarning) as told:
        found = [recalled(b"%d" % i, lambda i=i: (np.array([i]),)) for i in range(5)]
    assert [int(array[0]) for (array,) in found] == list(range(5))
    assert len(told) == 1
    assert str(told[0].message).endswith("results are the same: No space left on device")
    assert not cache.folder.exists() or os.listdir(cache.folder) == []


def test_recall_observes_once_and_keeps_no_skip(cache, tmp_path):
    calls = []

    def observe():
        calls.append(1)
        return SMALL

    def skip():
        raise Skipped(SkipReason.CORRUPT)

    for _ in range(3):  # each as if in a new process
        recalled = cache.recall({"max_side": 640}, tmp_path / "photos")
        assert same(recalled(b"photo", observe), SMALL)
        with pytest.raises(Skipped):
            recalled(b"broken", skip)
    assert len(calls) == 1
    assert cache.size()[0] == 1
    cache.recall({"max_side": 320}, tmp_path / "photos")(b"photo", observe)
    assert len(calls) == 2


def test_never_among_the_photos(tmp_path):
    for photos in (tmp_path, tmp_path / "album" / "summer"):
        with pytest.raises(ValueError, match=r"where the photos are: give it .* Cache\(\)"):
            Cache(tmp_path).recall({}, photos)
    Cache(tmp_path / ".cache" / "observations").recall({}, tmp_path)  # as when ~ is grouped


def test_clear_removes_entries_and_nothing_else(cache):
    assert cache.clear() == 0
    for i in range(5):
        cache.store(key_of(i), SMALL)
    mine = {"notes.txt": b"mine", "f" * 64: b"mine too", "e" * 64: MAGIC[:-1], "d" * 63: MAGIC}
    for name, data in mine.items():
        (cache.folder / name).write_bytes(data)
    (cache.folder / ("c" * 64)).mkdir()
    (cache.folder / ("b" * 64)).symlink_to(cache.folder / key_of(0))
    assert cache.clear() == 5
    assert set(os.listdir(cache.folder)) == {*mine, "c" * 64, "b" * 64}
    assert {name: (cache.folder / name).read_bytes() for name in mine} == mine


def test_an_entry_too_large_is_not_kept(cache):
    cache = Cache(cache.folder, entry_bytes=5_000)
    cache.store(KEY, (np.zeros(10_000, np.uint8),))
    assert (cache.load(KEY), cache.size()) == (None, (0, 0))
    cache.store(KEY, SMALL)
    assert same(cache.load(KEY), SMALL)
