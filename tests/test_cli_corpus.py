"""The whole corpus of broken files as one folder, through the command line, in a process."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import pytest

MEASURED = r"""
import re, sys
from imagegroup.cli import main
code = main()
status = open("/proc/self/status").read()  # ru_maxrss would remember the parent of this process
print(int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) // 1024, file=open(sys.argv[-1], "w"))
sys.exit(code)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="not on this machine: Linux's /proc")
def test_every_file_is_accounted_for_within_600_megabytes(shared, tmp_path):
    bad = shared("bad")
    arguments = ["group", str(bad), "--jobs", "8", "--json"]
    script = MEASURED.replace("main()", f"main({arguments!r})")
    result = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "peak")],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr[-2_000:]
    said = json.loads(result.stdout)
    reasons = {skipped["path"]: skipped["reason"] for skipped in said["skipped"]}
    files = sum(path.is_file() for path in bad.rglob("*"))
    assert said["seen"] == files == said["grouped"] + said["no_features"] + len(reasons)
    with open(bad / "manifest.csv", newline="") as manifest:
        for row in csv.DictReader(manifest):
            if row["pinned"] in ("readable", "skip"):
                found = "skip" if row["file"] in reasons else "readable"
                assert found == row["pinned"], (row["file"], reasons.get(row["file"]))
    peak = int((tmp_path / "peak").read_text())
    assert peak < 600
    print(f"peak {peak} MB, {sum(said['seconds'].values()):.1f} s")
