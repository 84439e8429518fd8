"""What belongs to the whole process is changed in one place, and given back."""

from __future__ import annotations

import ast
import gc
import os
import random
import re
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import cv2
import pytest
import sklearn.cluster  # noqa: F401  OpenMP and SciPy's BLAS are there
from process_state import LOG, pools, set_pools, state
from threadpoolctl import threadpool_limits

import imagegroup
from imagegroup import process
from imagegroup.images import map_images

PACKAGE = Path(imagegroup.__file__).parent
KEPT = {
    "threadpoolctl", "threadpool_limits", "threadpool_info", "ThreadpoolController",
    "setNumThreads", "setLogLevel", "OPENCV_LOG_LEVEL",
    "simplefilter", "filterwarnings", "catch_warnings", "resetwarnings", "showwarning",
}  # fmt: skip
ELSEWHERE = {  # and who may touch what else belongs to the process
    "dup2": {"cli.py"},
    "signal.signal": {"staging.py", "limits.py"},
    "environ.update": {"cli_app.py"},
    "path.append": {"own.py"},
    "environ.setdefault": set(),
    "putenv": set(),
    "chdir": set(),
    "umask": set(),
    "seterr": set(),
    "random.seed": set(),
    "path.insert": set(),
    "setswitchinterval": set(),
    "setlocale": set(),
}


def touched(source):
    """Names that a source uses: imported, called, or as text; attributes with what they are of."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            yield node.attr
            yield f"{ast.unparse(node.value).rpartition('.')[2]}.{node.attr}"
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.name for alias in node.names)
            yield getattr(node, "module", None) or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_nothing_else_touches_what_belongs_to_the_process():
    for path in PACKAGE.rglob("*.py"):
        names = set(touched(path.read_text()))
        assert path.name == "process.py" or not names & KEPT, path
        for name, homes in ELSEWHERE.items():
            assert name not in names or path.name in homes, (path, name)
    assert KEPT & set(touched((PACKAGE / "process.py").read_text()))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from threadpoolctl import threadpool_limits as limit", "threadpool_limits"),
        ("cv2.setNumThreads(1)", "setNumThreads"),
        ("w.simplefilter('ignore')", "simplefilter"),
        ("getattr(cv2, 'setNumThreads')(1)", "setNumThreads"),
        ("numpy.random.seed(0)", "random.seed"),
    ],
)
def test_that_test_finds_them(source, name):
    assert name in set(touched(source))


@pytest.fixture(autouse=True)
def several():
    """Several threads for all, also on one core, and after each test all as before."""
    before = state()
    set_pools(dict.fromkeys(before["pools"], 3))
    cv2.setNumThreads(3)
    some = state()
    yield some
    after = state()
    set_pools(before["pools"])
    cv2.setNumThreads(before["opencv"])
    assert after == some


def single():
    return {**dict.fromkeys(pools(), 1), "OpenCV": 1} == {**pools(), "OpenCV": cv2.getNumThreads()}


def test_one_thread_inside_and_all_again_afterwards(several):
    assert 3 in several["pools"].values()
    assert not single()
    with process.one_thread():
        assert single()
    assert state() == several


def test_after_an_exception_too(several):
    with pytest.raises(ZeroDivisionError), process.one_thread(), process.without_warnings():
        raise ZeroDivisionError
    assert state() == several


@pytest.mark.parametrize("seed", range(5))
def test_in_any_order_of_leaving(several, seed):
    blocks = [process.one_thread, process.without_warnings, process.quiet_opencv] * 3
    entered = [block() for block in blocks]
    for block in entered:
        block.__enter__()
    random.Random(seed).shuffle(entered)
    for block in entered[:-1]:
        assert state() != several
        block.__exit__(None, None, None)
    entered[-1].__exit__(None, None, None)
    assert state() == several


def in_thread(work):
    """Do it in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_the_first_to_enter_is_not_the_last_to_leave(several):
    second_is_in, first_is_out = threading.Event(), threading.Event()

    def second():
        with process.one_thread(), process.quiet_opencv(), process.without_warnings():
            second_is_in.set()
            first_is_out.wait(60)
            return single(), pools()

    with ThreadPoolExecutor(1) as pool:
        with process.one_thread(), process.quiet_opencv(), process.without_warnings():
            seen = pool.submit(second)
            assert second_is_in.wait(60)
        first_is_out.set()
        assert seen.result()[0], seen.result()[1]
    assert state() == several


def test_openmp_is_limited_in_each_thread_that_enters(several):
    def openmp():
        return [count for file, count in pools().items() if "omp" in Path(file).name]

    def enter():
        with process.one_thread():
            return openmp()

    outside = in_thread(openmp)
    with process.one_thread():
        assert openmp() == in_thread(enter) == [1] * len(outside)
        assert in_thread(openmp) == outside  # who does not enter keeps its own
    assert len(outside) > 0


def test_many_threads_come_and_go(several):
    def come_and_go(seed):
        draw = random.Random(seed)
        for _ in range(100):
            with ExitStack() as stack:
                for _ in range(draw.randint(1, 3)):
                    stack.enter_context(process.one_thread())
                    stack.enter_context(process.without_warnings())
                    stack.enter_context(process.quiet_opencv())
                assert single()
                assert LOG.getLogLevel() == 0
        return pools()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come_and_go, range(8)))
    assert state() == several


def test_another_limit_does_not_defeat_it(several):
    """threadpoolctl lets only the first thread that limits OpenBLAS do so."""
    entered, leave = threading.Event(), threading.Event()

    def elsewhere():
        with threadpool_limits(2, user_api="blas"):
            entered.set()
            leave.wait(60)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(elsewhere)
        assert entered.wait(60)
        with process.one_thread():
            assert single()
        leave.set()
        done.result()


def test_what_somebody_else_sets_meanwhile_stays():
    with process.one_thread():
        cv2.setNumThreads(2)
    assert cv2.getNumThreads() == 2
    with process.one_thread():
        cv2.setNumThreads(3)
        with process.one_thread():
            assert cv2.getNumThreads() == 1
    assert cv2.getNumThreads() == 3


def test_to_enter_again_looks_for_no_libraries(monkeypatch):
    with process.one_thread():
        looks = []
        monkeypatch.setattr(process, "ThreadpoolController", lambda: looks.append(1))
        with process.one_thread():
            assert not looks


LATE = """
import sys
from imagegroup import process
from threadpoolctl import threadpool_info

def counts():
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}

early = counts()
if sys.argv[1] == "before":
    with process.one_thread("sklearn.cluster"):
        inside = counts()
else:
    with process.one_thread():
        assert not {"sklearn", "scipy"} & set(sys.modules)
        import sklearn.cluster
        with process.one_thread():
            inside = counts()
assert len(inside) > len(early) and set(inside.values()) == {1}, inside
print(counts())
"""
ALONE = """
import cv2, sklearn.cluster
from threadpoolctl import threadpool_info
print({pool["filepath"]: pool["num_threads"] for pool in threadpool_info()})
"""
SOME = {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "3"}


def run(script, *arguments, **environment):
    """Run a script in a process of its own; return what it said on both streams."""
    environment = {
        **{k: v for k, v in os.environ.items() if k != "OPENCV_LOG_LEVEL"},
        **environment,
    }
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("when", ["before", "inside"])
def test_libraries_that_are_loaded_late(when):
    done, alone = run(LATE, when, **SOME), run(ALONE, **SOME)
    assert not done.returncode, done.stderr
    assert ast.literal_eval(done.stdout) == ast.literal_eval(alone.stdout)


def test_a_module_that_is_not_there_changes_nothing(several):
    with pytest.raises(ModuleNotFoundError), process.one_thread("no_such_module"):
        pass
    assert state() == several


def test_warnings_are_hidden_in_the_threads_that_are_inside():
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with process.without_warnings():
            warnings.warn("inside", stacklevel=1)
            in_thread(lambda: warnings.warn("elsewhere", stacklevel=1))
            with process.without_warnings():
                pass
            warnings.warn("still inside", stacklevel=1)
        warnings.warn("afterwards", stacklevel=1)
    assert [str(warning.message) for warning in heard] == ["elsewhere", "afterwards"]


def test_filters_that_are_added_meanwhile_stay():
    with warnings.catch_warnings():
        with process.without_warnings():
            warnings.simplefilter("error", ImportWarning)
            with process.without_warnings():  # goes before it
                warnings.warn("hidden", ImportWarning, stacklevel=1)
        with pytest.raises(ImportWarning):
            warnings.warn("raised", ImportWarning, stacklevel=1)


@pytest.mark.parametrize("enters_first", ["ours", "theirs"])
@pytest.mark.parametrize("leaves_first", ["ours", "theirs"])
def test_filters_are_as_before_whoever_comes_and_goes_first(several, enters_first, leaves_first):
    blocks = {"ours": process.without_warnings(), "theirs": warnings.catch_warnings()}
    for name in sorted(blocks, reverse=enters_first == "theirs"):
        blocks[name].__enter__()
    for name in sorted(blocks, reverse=leaves_first == "theirs"):
        blocks[name].__exit__(None, None, None)
    assert state() == several


NOISY = """
import os, sys
IMPORTS
import numpy as np
from imagegroup.skips import Skipped
logging = cv2 if hasattr(cv2, "getLogLevel") else cv2.utils.logging
png = cv2.imencode(".png", np.zeros((9, 9), np.uint8))[1].tobytes()
bad = png.replace(b"IHDR", b"IHDx")
open(sys.argv[1], "wb").write(bad)
before = logging.getLogLevel()
from imagegroup import decode, formats
try:
    decode._try_imdecode(bad, cv2.IMREAD_GRAYSCALE)
except Skipped as skip:
    print(skip.reason.value)
assert logging.getLogLevel() == before
assert os.environ.get("OPENCV_LOG_LEVEL") == (sys.argv[2] or None)
cv2.imread(sys.argv[1] + " is not there")  # the caller's own call logs as before
"""


@pytest.mark.parametrize("imports", ["import cv2, imagegroup", "import imagegroup, cv2"])
@pytest.mark.parametrize("level", ["", "ERROR"])
def test_opencv_is_quiet_while_we_decode_and_only_then(tmp_path, imports, level):
    environment = {"OPENCV_LOG_LEVEL": level} if level else {}
    done = run(NOISY.replace("IMPORTS", imports), str(tmp_path / "a.png"), level, **environment)
    assert not done.returncode, done.stderr
    assert done.stdout.strip() == "undecodable"
    warned = re.findall(r"WARN.*", done.stderr)
    assert len(warned) == (not level), done.stderr
    assert all("is not there" in line for line in warned)


def write_images(folder, photo):
    for number in range(9):
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", photo[:90, :90])[1].tobytes())
    return [f"{number}.png" for number in range(9)]


@pytest.mark.parametrize("kept", [True, False])
def test_an_iteration_left_half_used_holds_nothing(tmp_path, photo, several, kept):
    seen = []
    results = map_images(
        lambda photo: seen.append(single()), tmp_path, write_images(tmp_path, photo)
    )
    next(results)
    if not kept:
        del results
        gc.collect()
    done = threading.Event()
    while len(seen) < 9 and kept:
        done.wait(0.01)
    for _ in range(1_000):  # until the last task has left
        if state() == several:
            break
        done.wait(0.01)
    assert state() == several
    assert all(seen)


def test_a_block_dropped_by_the_garbage_collector_of_another_thread(several):
    def inside():
        with process.one_thread(), process.quiet_opencv(), process.without_warnings():
            yield

    kept = [inside()]
    next(kept[0])
    in_thread(kept.clear)  # the generator ends there
    with process.one_thread():  # gives this thread's own limits back when it leaves the next time
        assert single()
    assert state() == several


@pytest.mark.skipif(not hasattr(os, "fork"), reason="not on this machine: fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_is_not_held_by_threads_that_it_does_not_have():
    inside, leave = threading.Event(), threading.Event()

    def stay():
        with process._lock, process.one_thread():
            inside.set()
            leave.wait(60)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(stay)
        assert inside.wait(60)
        child = os.fork()
        if not child:
            with process.one_thread():
                fine = cv2.getNumThreads() == 1
            os._exit(0 if fine and cv2.getNumThreads() == 3 else 1)
        leave.set()
        assert os.waitpid(child, 0)[1] == 0


EIGHT = """
import re
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import cv2
from imagegroup import DEFAULT, group_images
from process_state import pools, state

recipe = DEFAULT.with_values(n_features=80, n_words=4, max_side=160)
before = state()
for _ in range(int(sys.argv[2])):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: group_images(sys.argv[1], recipe, jobs=2), range(8)))
    assert len({(g.vectors.tobytes(), g.labels.tobytes()) for g in found}) == 1
    after = state()
    same_list, filters = after["filters"][0] == before["filters"][0], after["filters"][1]
    # SciPy adds filters of its own when it is first imported.
    added = filters[: len(filters) - len(before["filters"][1])]
    assert same_list and filters[len(added) :] == before["filters"][1], filters
    assert all(module.startswith("scipy") or isinstance(message, re.Pattern)
               for _, message, kind, *_ in added for module in [kind.__module__]), added
    same = ("opencv", "log")
    assert [after[name] for name in same] == [before[name] for name in same]
    assert not set(before["pools"].items()) - set(after["pools"].items()), after
    before = after
import sklearn.cluster
print(pools())
"""


def eight_calls(album, rounds):
    here = os.pathsep.join([str(Path(__file__).parent), str(PACKAGE.parent)])
    done, alone = run(EIGHT, str(album), rounds, PYTHONPATH=here, **SOME), run(ALONE, **SOME)
    assert not done.returncode, done.stderr
    assert ast.literal_eval(done.stdout) == ast.literal_eval(alone.stdout)


@pytest.fixture(scope="module")
def twelve(tmp_path_factory):
    """An album of twelve photos."""
    from imagegroup.samples import make_album

    return make_album(tmp_path_factory.mktemp("twelve") / "album", views=1)


def test_eight_calls_from_four_threads(twelve):
    eight_calls(twelve, "1")


@pytest.mark.slow
@pytest.mark.parametrize("process_number", range(10))
def test_eight_calls_from_four_threads_twenty_times(twelve, process_number):
    eight_calls(twelve, "2")
