"""The same groups, bit for bit, whatever computes them, in whatever order, under any names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bits_settings import (
    KERNELS,
    SECOND_CALL,
    SKLEARN_BEFORE,
    SKLEARN_BETWEEN,
    Setting,
    combined,
    features_off,
    first_difference,
    first_difference_by_content,
    jobs,
    kernel,
    missing,
    one_at_a_time,
    renamed,
    run,
    threads,
    with_duplicates,
)
from degenerate import SETS, STEP
from same_bits import partition

from imagegroup.samples import make_album

SETS_OF_PHOTOS = ("views", "cats_cars", "simple3", "corel10")
GRID = [["n_features", [50, 300]], ["n_words", [4, 2]], ["k", ["contrast", 3]]]
QUICK = {"grid_step": 0, "colour": 0, "n_init": 2, "ks": [1, 2, 3, 4, 5, 6]}


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> Path:
    """Two views of each of twelve photos."""
    return make_album(tmp_path_factory.mktemp("few") / "album", views=2)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> str:
    """What OpenCV saw: it is seen once, since only what follows is compared."""
    return str(tmp_path_factory.mktemp("cache") / "observations")


@pytest.fixture(scope="module")
def base(few, cache) -> dict:
    return run({"folder": str(few), "cache": cache})


def check(base: dict, job: dict, setting: Setting) -> None:
    """Run a job under a setting and compare it; skip where this machine has no such setting."""
    answer = run(job, setting)
    if lacking := missing(setting, answer):
        pytest.skip(f"not on this machine: {lacking}")
    assert first_difference(base, answer) is None, setting.name


# ---- a few settings on the album, in seconds ----


@pytest.mark.parametrize(
    "setting",
    [
        kernel("Nehalem"),
        Setting("two threads", threads(2).environment, {"jobs": 1, **SECOND_CALL.job}),
        SKLEARN_BEFORE,
    ],
    ids=lambda setting: setting.name,
)
def test_the_album_has_the_same_groups(few, cache, base, setting):
    check(base, {"folder": str(few), "cache": cache}, setting)


def test_the_album_has_the_same_groups_without_cpu_features(few, cache, base):
    features = base["machine"]["features"]
    check(base, {"folder": str(few), "cache": cache}, features_off(features))


def test_other_names_and_folders_change_nothing(few, cache, tmp_path):
    job = {"cache": cache, "by_content": True}
    as_named = run({**job, "folder": str(with_duplicates(few, tmp_path / "photos"))})
    other = run({**job, "folder": str(renamed(tmp_path / "photos", tmp_path / "others"))})
    assert first_difference_by_content(as_named, other) is None


def test_what_compares_sees_a_difference(few, cache, base):
    """Another seed draws other starts: the comparison must not be blind."""
    other = run({"folder": str(few), "cache": cache, "values": {"random_state": 1}})
    assert first_difference(base, other) == "words 0, call 1"
    assert missing(kernel("no such kernel"), base).startswith("kernel no such kernel, it is ")
    assert partition(["a", "b", "c"], np.array([1, 0, 1])) == [[], ["a", "c"], ["b"]]
    assert partition(["a", "b", "c"], np.array([0, -1, 0])) == [["b"], ["a", "c"]]


@pytest.mark.parametrize("name", SETS)
def test_degenerate_sets_are_whole_steps(name):
    """So each machine starts from the same numbers: a cosine may differ in its last bit."""
    vectors = SETS[name]()
    steps = vectors.astype(float) / STEP
    assert np.array_equal(steps, np.rint(steps))
    assert (vectors.astype(float) ** 2).sum(axis=1).max() < 4


# ---- real photos ----


@pytest.fixture(scope="module")
def real(shared, cache):
    """Give a job on a real set and its base run, which is made once."""
    known = {}

    def find(name: str, recipe: str = "DEFAULT", **values) -> tuple[dict, dict]:
        job = {"folder": str(shared(name)), "recipe": recipe, "values": values, "cache": cache}
        key = str(sorted(job.items()))
        if key not in known:
            known[key] = run(job)
        return known[key], job

    return find


@pytest.mark.slow
@pytest.mark.parametrize("name", KERNELS)
def test_views_on_every_kernel(real, name):
    base, job = real("views")
    check(base, job, kernel(name))


@pytest.mark.slow
def test_views_with_everything_else_changed_one_at_a_time(real):
    base, job = real("views")
    settings = [s for s in one_at_a_time(base["machine"]["features"]) if not s.kernel]
    differing = {s.name: first_difference(base, run(job, s)) for s in settings}
    assert set(differing.values()) == {None}, differing


@pytest.mark.slow
def test_views_under_random_combinations(real):
    base, job = real("views")
    differing = {}
    for setting in combined(5, base["machine"]["features"]):
        answer = run(job, setting)
        if missing(setting, answer) is None:
            differing[setting.name] = first_difference(base, answer)
    assert differing, "none of the kernels is on this machine"
    assert set(differing.values()) == {None}, differing


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["vlad", "words"])
@pytest.mark.parametrize("name", SETS_OF_PHOTOS)
def test_every_set_on_another_kernel_with_two_threads(real, name, encoding):
    base, job = real(name, encoding=encoding)
    environment = kernel("Nehalem").environment | threads(2).environment
    check(base, job, Setting("Nehalem, two threads", environment, SKLEARN_BETWEEN.job))


@pytest.mark.slow
def test_scenes_on_another_kernel(real):
    base, job = real("views", "SCENES")
    check(base, job, kernel("Sandybridge"))


@pytest.mark.slow
def test_another_seed_on_another_kernel(real):
    base, job = real("views", random_state=3)
    check(base, job, kernel("Nehalem"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [kernel("Nehalem"), kernel("Prescott"), kernel("Haswell"), threads(2), SECOND_CALL],
    ids=lambda setting: setting.name,
)
def test_degenerate_sets_too(setting):
    check(run({"degenerate": True}), {"degenerate": True}, setting)


# ---- sweeps of settings ----


@pytest.fixture(scope="module")
def table_job(few, tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("twelve") / "photos"
    for group in ("brick", "coffee", "rocket", "coins", "china", "flower"):
        with_duplicates(few / group, folder / group)
    return {
        "folder": str(folder),
        "grid": GRID,
        "values": QUICK,
        "seeds": 1,
        "jobs": 1,
        "out": None,
    }


@pytest.fixture(scope="module")
def table(table_job) -> dict:
    return run(table_job)


@pytest.mark.slow
@pytest.mark.parametrize("number", [2, 8])
def test_rows_are_the_same_for_any_number_of_jobs(table_job, table, number):
    assert first_difference(table, run(table_job, jobs(number))) is None


@pytest.mark.slow
@pytest.mark.parametrize("turned", [False, True], ids=["names", "names and values"])
def test_rows_are_the_same_in_any_order(table_job, table, turned):
    grid = [[name, values[::-1] if turned else values] for name, values in GRID[::-1]]
    assert first_difference(table, run({**table_job, "grid": grid})) is None


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 3, 6])
def test_rows_are_the_same_wherever_the_sweep_was_killed(table_job, table, tmp_path, rows):
    out = tmp_path / "sweep.csv"
    job = {**table_job, "out": str(out)}
    with pytest.raises(RuntimeError, match="killed by signal 9"):
        run({**job, "killed_after": rows})
    assert out.read_bytes().count(b"\n") == 1 + rows
    assert first_difference(table, run(job)) is None
