"""A Dask cluster encodes the same vectors, and loses a worker without harm."""

from __future__ import annotations

import os
import signal
import threading
import time

import joblib
import numpy as np
import pytest

from imagegroup import DEFAULT, batches, group_images

pytestmark = pytest.mark.slow
QUICK = DEFAULT.with_values(k=12, n_init=1)


@pytest.fixture
def client(monkeypatch):
    """Two worker processes on loopback."""
    from dask.distributed import Client, LocalCluster

    monkeypatch.setattr(batches, "BATCH_IMAGES", 4)
    how = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with LocalCluster(processes=True, **how) as cluster, Client(cluster) as client:
        yield client


def test_the_labels_are_those_of_a_local_run(client, album, tmp_path):
    plain = group_images(album, QUICK)
    with joblib.parallel_config(backend="dask"):
        found = group_images(album, QUICK)
    assert np.array_equal(found.vectors, plain.vectors)
    assert np.array_equal(found.labels, plain.labels)
    assert (found.paths, found.skipped) == (plain.paths, plain.skipped)


def test_a_function_of_ones_own_is_sent_to_the_workers(client, album):
    here = os.getpid()

    def describe(path):
        elsewhere = os.getpid() != here
        return [elsewhere, os.path.getsize(path)]

    with joblib.parallel_config(backend="dask"):
        found = group_images(album, QUICK.with_values(encoding=describe, n_dims=0))
    assert (found.vectors[:, 0] == 1).all()
    assert found.vectors[:, 1].tolist() == [os.path.getsize(album / p) for p in found.paths]


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is not on this machine")
def test_a_worker_killed_in_the_middle_changes_nothing(client, album, tmp_path):
    plain = group_images(album, QUICK)
    victim, finished = next(iter(client.run(os.getpid).values())), []

    def kill():
        while not (tmp_path / "batches").is_dir() or not os.listdir(tmp_path / "batches"):
            time.sleep(0.005)
        os.kill(victim, signal.SIGKILL)
        finished.append(len(os.listdir(tmp_path / "batches")))

    killer = threading.Thread(target=kill)
    killer.start()
    with joblib.parallel_config(backend="dask"):
        found = group_images(album, QUICK, batches=tmp_path / "batches")
    killer.join()
    assert 0 < finished[0] < 20  # of 25 batches
    assert victim not in client.run(os.getpid).values()
    assert np.array_equal(found.vectors, plain.vectors)
    assert np.array_equal(found.labels, plain.labels)
