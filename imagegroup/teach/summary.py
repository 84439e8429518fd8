"""What a class believed: the records of many students in one table."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pandas as pd

from imagegroup.teach.misconceptions import MISCONCEPTIONS
from imagegroup.teach.record import read_records


def summary(files: Iterable[str | os.PathLike]) -> pd.DataFrame:
    """Count for each misconception how many students it caught.

    Of a student's guesses the first counts, which was made before the figure; of the checks every
    one that failed for this reason.

    Parameters
    ----------
    files : iterable of paths
        The record of one student each, see `predictions_file`.

    Returns
    -------
    pandas.DataFrame
        A row for each of M1 to M15: `belief`; `guessed`, students who answered its question;
        `wrong`, those of them whose first guess was wrong; `failed`, students with a failed check
        that was traced to it. Nobody is named.

    Raises
    ------
    ValueError
        A file is there but cannot be read, or is not there.

    Examples
    --------
    >>> summary([]).loc["M3", ["guessed", "wrong", "failed"]].tolist()
    [0, 0, 0]
    """
    counts = {
        m.id: {"belief": m.belief, "guessed": 0, "wrong": 0, "failed": 0} for m in MISCONCEPTIONS
    }
    right = {m.id: m.right for m in MISCONCEPTIONS}
    for file in files:
        if not os.path.exists(file):
            raise ValueError(
                f"{os.path.basename(file)}: no such file; give one record per student."
            )
        guesses, failed = _first_guesses_and_failures(read_records(file))
        for id in guesses.keys() & right.keys():
            counts[id]["guessed"] += 1
            counts[id]["wrong"] += guesses[id] != right[id]
        for id in failed & right.keys():
            counts[id]["failed"] += 1
    return pd.DataFrame.from_dict(counts, orient="index").rename_axis("id")


def _first_guesses_and_failures(records: list[dict]) -> tuple[dict[str, str], set[str]]:
    guesses: dict[str, str] = {}
    failed = set()
    for record in records:
        id = str(record.get("id"))
        if record["do"] == "guess":
            guesses.setdefault(id, str(record.get("guess")))
        elif record["do"] == "check" and record.get("outcome") in ("wrong", "stopped"):
            failed.add(id)
    return guesses, failed
