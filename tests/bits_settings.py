"""The settings under which groups must be the same, bit for bit, and how two runs are compared."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parent
KERNELS = ("Haswell", "Zen", "SkylakeX", "Sandybridge", "Nehalem", "Prescott")
"""What OpenBLAS calls the processors it has kernels for; any runs where its instructions do."""
ALSO_CALLED = {"Katmai": "Prescott"}
"""Of several old processors that share a kernel OpenBLAS names the oldest. Where it has no kernel
of its own for Zen it takes Haswell's: such a run is no further one, and is not counted as one."""
CHOOSING = ("OPENBLAS_", "OMP_", "GOTO_", "MKL_", "BLIS_", "NPY_")
"""How variables begin that choose kernels, threads or features: a run gets only its own."""
BY_ROWS = ("vectors", "sweep.labels", "labels", "centers")
"""What follows the rows, hence the names of the photos; the rest is compared under other names."""
COPIED_EACH = 7
"""In a folder with duplicates one photo in so many is there twice."""


@dataclass(frozen=True)
class Setting:
    """One way to run: environment variables, and what the job says besides."""

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    job: Mapping[str, object] = field(default_factory=dict)

    @property
    def kernel(self) -> str | None:
        """The kernel that is asked for."""
        return self.environment.get("OPENBLAS_CORETYPE")


BASE = Setting("base")


def kernel(name: str) -> Setting:
    """Ask for a kernel of OpenBLAS."""
    return Setting(f"kernel {name}", {"OPENBLAS_CORETYPE": name})


def threads(number: int) -> Setting:
    """Ask for a number of threads of BLAS and OpenMP."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    return Setting(f"{number} BLAS threads", dict.fromkeys(names, str(number)))


def jobs(number: int) -> Setting:
    """Ask for a number of threads that read photos."""
    return Setting(f"{number} jobs", job={"jobs": number})


def features_off(features: Sequence[str]) -> Setting:
    """Switch off all CPU features that NumPy would choose here, as a base run named them."""
    off = {"NPY_DISABLE_CPU_FEATURES": " ".join(features)} if features else {}
    return Setting(f"NumPy without {', '.join(features) or 'nothing'}", off)


SECOND_CALL = Setting("second call", job={"calls": 2})
SKLEARN_BEFORE = Setting("scikit-learn imported before", job={"before": ["sklearn.cluster"]})
SKLEARN_BETWEEN = Setting(
    "scikit-learn imported after", job={"calls": 2, "between": ["sklearn.cluster"]}
)


def one_at_a_time(features: Sequence[str]) -> list[Setting]:
    """List the settings that differ from the base in one thing."""
    return [
        *map(kernel, KERNELS),
        *map(threads, (1, 2)),
        *map(jobs, (1, 2, 8)),
        SECOND_CALL,
        SKLEARN_BEFORE,
        SKLEARN_BETWEEN,
        features_off(features),
    ]


def combined(number: int, features: Sequence[str], seed: int = 0) -> list[Setting]:
    """List random combinations; the same seed gives the same."""
    rng, settings = random.Random(seed), []
    calls = (BASE, SECOND_CALL, SKLEARN_BEFORE, SKLEARN_BETWEEN)
    for _ in range(number):
        parts = (
            kernel(rng.choice(KERNELS)),
            threads(rng.choice((1, 2))),
            jobs(rng.choice((1, 2, 8))),
            rng.choice(calls),
            # NumPy's features build on each other: without one, those after it go as well.
            features_off(features[rng.randrange(len(features) + 1) :]),
        )
        environment, job = {}, {}
        for part in parts:
            environment |= part.environment
            job |= part.job
        settings.append(Setting("; ".join(part.name for part in parts), environment, job))
    return settings


def run(
    job: Mapping[str, object], setting: Setting = BASE, python: Sequence[str] = (sys.executable,)
) -> dict:
    """Do a job in a new process under a setting; returns what `same_bits.answer` does."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(CHOOSING)}
    result = subprocess.run(
        [*python, str(TESTS / "same_bits.py"), json.dumps({**job, **setting.job})],
        env={**kept, "PYTHONPATH": str(TESTS.parent), **setting.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if result.returncode < 0:
        raise RuntimeError(f"{setting.name}: killed by signal {-result.returncode}")
    if result.returncode:
        raise RuntimeError(f"{setting.name}: {result.stderr[-2_000:]}")
    return json.loads(result.stdout)


def missing(setting: Setting, answer: Mapping) -> str | None:
    """Return why a run was not under its setting: another kernel, features that stayed on."""
    machine = answer["machine"]
    kernels = {ALSO_CALLED.get(name, name) for name in machine["kernels"]}
    if setting.kernel and kernels != {setting.kernel}:
        return f"kernel {setting.kernel}, it is {', '.join(sorted(kernels)) or 'no OpenBLAS'}"
    off = setting.environment.get("NPY_DISABLE_CPU_FEATURES", "").split()
    if still := sorted({*off} & {*machine["features"]}):
        return f"NumPy without {', '.join(still)}"
    return None


def first_difference(base: Mapping, other: Mapping) -> str | None:
    """Return the first step of any call that differs from the first call of the base, or None.

    Examples
    --------
    >>> base = {"calls": [{"words": "a", "labels": "b"}]}
    >>> first_difference(base, {"calls": [{"words": "a", "labels": "b"}] * 2})
    >>> first_difference(base, {"calls": [*base["calls"], {"words": "a", "labels": "c"}]})
    'labels, call 2'
    """
    expected = base["calls"][0]
    for number, found in enumerate(other["calls"], 1):
        for name in (*expected, *(found.keys() - expected)):
            if name not in found or found[name] != expected.get(name):
                return f"{name}, call {number}"
    return None


def first_difference_by_content(base: Mapping, other: Mapping) -> str | None:
    """Return the first step that differs under other names, where rows are in another order."""
    base, other = (
        {name: value for name, value in answer["calls"][0].items() if name not in BY_ROWS}
        for answer in (base, other)
    )
    return first_difference({"calls": [base]}, {"calls": [other]})


def with_duplicates(folder: Path, place: Path) -> Path:
    """Copy the photos of a folder, under their names, and some of them twice."""
    for i, photo in enumerate(photos_in(folder)):
        copy = place / photo.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, copy)
        if i % COPIED_EACH == 0:
            shutil.copyfile(photo, copy.with_name(f"copy of {copy.name}"))
    return place


def renamed(folder: Path, place: Path, seed: int = 0) -> Path:
    """Copy the photos of a folder under other names, into other folders, in another order."""
    photos = photos_in(folder)
    random.Random(seed).shuffle(photos)
    for i, photo in enumerate(photos):
        copy = place / f"box {i % 3}" / f"{i:04d}{photo.suffix}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(photo, copy)
    return place


def photos_in(folder: Path) -> list[Path]:
    """List the photos of a folder, by name."""
    suffixes = {".jpg", ".jpeg", ".png"}
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
