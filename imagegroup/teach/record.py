"""What the reader guessed and how checks ended, in one small file on this machine.

Each line is one JSON object: {"do": "guess", "id": "M14", "guess": "in nearly all"} or
{"do": "check", "check": "fast_test", "id": "M1", "outcome": "wrong"}. No names, paths or times.
"""

from __future__ import annotations

import json
import os
from pathlib import Path


def predictions_file(path: str | os.PathLike | None = None) -> Path:
    """Return where guesses are kept: open it, read it, delete it as you like.

    Parameters
    ----------
    path : path, optional
        By default what `IMAGEGROUP_PREDICTIONS` names, else `predictions.jsonl` in the folder that
        this system has for the data of programs.

    Examples
    --------
    >>> predictions_file("guesses.jsonl").name
    'guesses.jsonl'
    """
    import platformdirs

    chosen = path or os.environ.get("IMAGEGROUP_PREDICTIONS")
    folder = Path(platformdirs.user_data_dir("imagegroup"))
    return Path(chosen).expanduser() if chosen else folder / "predictions.jsonl"


def append_record(record: dict, path: str | os.PathLike | None = None) -> bool:
    """Add a line and wait until it is on the disk; False when it cannot be written there.

    A line that a crash cut short is closed first, so that it spoils no other.
    """
    file = predictions_file(path)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "a+b") as out:
            if out.tell():
                out.seek(-1, os.SEEK_END)
                if out.read(1) != b"\n":
                    out.write(b"\n")
            out.write(json.dumps(record).encode("ascii") + b"\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError:  # a lesson goes on without its notes
        return False
    return True


def read_records(path: str | os.PathLike | None = None) -> list[dict]:
    """Return the records of a file, in order; none when there is no file.

    Lines that are torn, or not ours, are passed over.

    Raises
    ------
    ValueError
        The file is there but cannot be read.
    """
    file = predictions_file(path)
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ValueError(f"{file.name}: {error.strerror}; name a file of guesses.") from None
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict) and "do" in record:
            records.append(record)
    return records


def latest_guess(id: str, path: str | os.PathLike | None = None) -> str | None:
    """Return the last guess recorded for a misconception, or None."""
    try:
        records = read_records(path)
    except ValueError:  # a lesson goes on without its notes
        return None
    guesses = [r.get("guess") for r in records if r["do"] == "guess" and r.get("id") == id]
    return str(guesses[-1]) if guesses else None
