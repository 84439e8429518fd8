"""Group in a process of its own and print what came out, as checksums: has a bit changed?

python same_bits.py '{"folder": "photos", "recipe": "DEFAULT", "calls": 2}'

Kernels, threads and CPU features are chosen once, when a library is loaded. Hence each setting
needs a new process, with its own environment; `bits_settings` starts it and compares.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import platform
import signal
import sys
from pathlib import Path

import numpy as np


def checksum(values: np.ndarray) -> str:
    """Return the SHA-256 of an array's bytes, with its dtype and shape."""
    values = np.ascontiguousarray(values)
    return f"{hashlib.sha256(values.tobytes()).hexdigest()} {values.dtype} {values.shape}"


def fingerprints(grouping) -> dict[str, object]:
    """Return a checksum of each step, in the order of the steps: the first that differs tells."""
    blocks = enumerate(grouping.learned)
    prints = {f"words {i}": " ".join(map(checksum, learned)) for i, learned in blocks}
    prints["vectors"] = checksum(grouping.vectors)
    prints |= of_sweep(grouping.sweep)
    prints["k"] = grouping.k
    prints["criterion"] = grouping.criterion
    prints["labels"] = checksum(grouping.labels)
    prints["centers"] = checksum(grouping.centers)
    return prints


def of_sweep(sweep) -> dict[str, object]:
    """Return a checksum of every array of a sweep, whichever there are; scenes have no sweep."""
    if sweep is None:
        return {}
    return {
        f"sweep.{name}": checksum(value) if isinstance(value, np.ndarray) else value
        for name, value in vars(sweep).items()
    }


def by_content(grouping) -> dict[str, object]:
    """Return checksums that names, folders, order and repeated copies of a photo do not change."""
    contents = [
        hashlib.sha256((grouping.folder / path).read_bytes()).hexdigest() for path in grouping.paths
    ]
    rows = sorted({(c, checksum(row)) for c, row in zip(contents, grouping.vectors, strict=True)})
    prints = {"vectors by content": digest(rows)}
    if grouping.sweep is not None:
        featured = [c for c, label in zip(contents, grouping.labels, strict=True) if label >= 0]
        groups = [partition(featured, labels) for labels in grouping.sweep.labels]
        prints["groups for every k, by content"] = digest(groups)
    prints["groups by content"] = digest(partition(contents, grouping.labels))
    return prints


def partition(contents: list[str], labels: np.ndarray) -> list:
    """Return what lies together, as sorted lists of contents; label numbers do not matter."""
    groups: dict[int, set[str]] = {}
    for content, label in zip(contents, labels.tolist(), strict=True):
        groups.setdefault(label, set()).add(content)
    apart = [sorted(groups.pop(-1, ()))]  # photos without features
    return apart + sorted(map(sorted, groups.values()))


def digest(value: object) -> str:
    """Return the SHA-256 of a value written as JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def of_vectors(vectors: np.ndarray) -> dict[str, object]:
    """Return checksums of all that follows from vectors, with every criterion's choice of k."""
    from imagegroup import DEFAULT
    from imagegroup.clusters import CRITERIA, choose_k
    from imagegroup.fitting import fit_groups

    recipe = DEFAULT.with_values(k="contrast", fallback="stability", ks=range(1, 13), n_init=3)
    featured = np.ones(len(vectors), bool)
    labels, sweep, criterion = fit_groups(
        vectors.copy(), featured, recipe, lambda items, total, title: iter(items)
    )
    chosen = {name: choose_k(sweep, name) for name in CRITERIA if name != "elbow"}  # kneed's
    return of_sweep(sweep) | {
        "chosen": chosen, "criterion": criterion, "labels": checksum(labels)
    }  # fmt: skip


def of_sweep_table(job: dict) -> dict[str, object]:
    """Run a sweep of settings; return its rows by setting, without the time they took."""
    from imagegroup import DEFAULT
    from imagegroup.sweeps import sweep_recipes

    recipe = DEFAULT.with_values(**job["values"])
    grid = dict(job["grid"])
    if "killed_after" in job:
        die_after(job["killed_after"])
    table = sweep_recipes(
        job["folder"], grid, recipe, job["seeds"], jobs=job["jobs"], out=job["out"]
    ).drop(columns="seconds")
    rows = json.loads(table.to_json(orient="records", double_precision=15))
    return {str([row[name] for name in (*sorted(grid), "seed")]): digest(row) for row in rows}


def die_after(rows: int) -> None:
    """Let this process kill itself as soon as so many rows of a sweep are on the disk."""
    from imagegroup import sweeps

    append, written = sweeps.append_row, []

    def append_and_die(out, columns, row) -> None:
        append(out, columns, row)
        written.append(row)
        if len(written) == rows:
            os.kill(os.getpid(), signal.SIGKILL)

    sweeps.append_row = append_and_die


def of_photos(job: dict) -> dict[str, object]:
    """Group a folder of photos."""
    import imagegroup

    recipe = getattr(imagegroup, job.get("recipe", "DEFAULT")).with_values(**job.get("values", {}))
    cache = imagegroup.Cache(job["cache"]) if job.get("cache") else None
    grouping = imagegroup.group_images(job["folder"], recipe, cache=cache, jobs=job.get("jobs", 0))
    return fingerprints(grouping) | (by_content(grouping) if job.get("by_content") else {})


def machine() -> dict[str, object]:
    """Return what really computed: BLAS kernels and threads, and the CPU features NumPy takes."""
    from threadpoolctl import threadpool_info

    blas = [
        library
        for library in threadpool_info()
        if library["user_api"] == "blas" and "opencv" not in library["filepath"]  # has its own
    ]
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "kernels": sorted({str(library.get("architecture")) for library in blas}),
        "threads": sorted({library["num_threads"] for library in blas}),
        "features": np.show_config(mode="dicts")["SIMD Extensions"].get("found", []),
    }


def of_degenerate_sets() -> dict[str, object]:
    """Return the checksums of every set of `degenerate`."""
    from degenerate import SETS

    return {
        f"{name}: {step}": value
        for name, make in SETS.items()
        for step, value in of_vectors(make()).items()
    }


def answer(job: dict) -> dict[str, object]:
    """Do what a job asks, as often as it asks for it."""
    for name in job.get("before", ()):
        importlib.import_module(name)
    results = []
    for _ in range(job.get("calls", 1)):
        if job.get("degenerate"):
            results.append(of_degenerate_sets())
        elif "grid" in job:
            results.append(of_sweep_table(job))
        else:
            results.append(of_photos(job))
        for name in job.get("between", ()):
            importlib.import_module(name)
    return {"machine": machine(), "calls": results}


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    print(json.dumps(answer(json.loads(sys.argv[1]))))
