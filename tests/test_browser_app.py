"""`imagegroup app` in Chromium: a folder, an upload, groups put right and taken home."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import PATIENCE, Visit, chromium, errors_shown, open_browser, wait_for
from playwright.sync_api import Page, expect
from test_browser_desk import HOSTILE, says, shoot

from imagegroup.samples import make_album

pytestmark = pytest.mark.slow  # a server, a kernel, 145 MB through them: a minute on two cores

MB = 10**6
GRAVE = {"serious", "critical"}
TABLES = {"clusters.csv", "manifest.json", "run.json"}
HOSTILE_FOLDER = '"><img src=x onerror=alert(2)>'


@contextlib.contextmanager
def running_app(folder: Path, temporary: Path) -> Iterator[str]:
    """Start the command, give the link that it prints, end it as Ctrl-C does."""
    command = [sys.executable, "-m", "imagegroup", "app", str(folder)]
    environment = {**os.environ, "TMPDIR": str(temporary), "IPYTHONDIR": str(temporary.parent)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as server:
        try:
            line = server.stdout.readline()
            yield re.fullmatch(r"open (http://127\.0\.0\.1:\d+/\?token=\S{32}) .*\n", line).group(1)
        finally:
            server.send_signal(signal.SIGINT)
            words = server.communicate(timeout=120)[1]
    assert server.returncode == 0
    assert "Traceback" not in words


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    """Give a folder of the app: photos of six scenes, one of them with a hostile name."""
    root = tmp_path_factory.mktemp("root")
    album = make_album(tmp_path_factory.mktemp("album") / "easy", views=5)
    (root / "some").mkdir()
    for source in sorted(album.rglob("*.jpg"))[:30]:
        name = f"{source.parent.name[:6]}{source.stem}.jpg"
        shutil.copy2(source, root / "some" / name)
    first = min((root / "some").iterdir())
    first.rename(first.with_name(HOSTILE))
    (root / HOSTILE_FOLDER).mkdir()
    (root / "out").symlink_to(album)
    return root


def upload_files(photos: Path, folder: Path) -> list[Path]:
    """Make 30 files of 4 MB and one of 25 MB; of the 30 two are broken, one has a hostile name."""
    rng, made = random.Random(1), []
    for row, source in enumerate(sorted((photos / "some").iterdir())):
        data = source.read_bytes() if row not in (4, 9) else rng.randbytes(1_000)
        made.append(folder / source.name)  # what follows the end of a JPEG is not looked at
        made[-1].write_bytes(data + rng.randbytes(4 * MB - len(data)))
    made.append(folder / "large.jpg")
    made[-1].write_bytes(source.read_bytes() + rng.randbytes(25 * MB))
    return made


def state(photos: Path) -> dict[Path, tuple]:
    """Give size, time and inode of everything in the folder of the app."""
    found = {path: path.lstat() for path in photos.rglob("*")}
    return {path: (s.st_size, s.st_mtime_ns, s.st_ino, s.st_mode) for path, s in found.items()}


@pytest.fixture(scope="module")
def visit(photos, tmp_path_factory) -> Iterator[Visit]:
    """Give a browser that opened the link; nothing was asked of others, nothing ran or was left."""
    chromium()
    before, temporary = state(photos), tmp_path_factory.mktemp("temporary")
    with running_app(photos, temporary) as link, open_browser(None) as visit:
        alerts, faults = [], []
        visit.page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.accept()))
        visit.page.on("pageerror", lambda error: faults.append(str(error)))
        visit.page.goto(link.replace("token=", "token=not"))
        expect(visit.page.get_by_text("Password or token")).to_be_visible()
        visit.page.goto(link)
        visit.page.get_by_role("button", name="Group the photos").wait_for()
        places = list(temporary.glob("*/imagegroup-app-*"))
        assert [stat.S_IMODE(place.stat().st_mode) for place in places] == [0o700]
        yield visit
        assert (visit.strangers, alerts, faults, errors_shown(visit.page)) == ([], [], [], [])
        visit.page.close(run_before_unload=True)
        wait_for(lambda: not places[0].exists(), "the uploads to go with the kernel")
    assert list(temporary.iterdir()) == []
    assert state(photos) == before


def group(page: Page) -> None:
    page.get_by_role("button", name="Group the photos").click()


def choose(page: Page, folder: str) -> None:
    page.get_by_label("folder", exact=True).fill(folder)
    page.keyboard.press("Tab")


def view(page: Page) -> dict[str, set[str]]:
    """Give the names of the photos that each group of the page shows."""
    return {
        band.locator(".ig-title").inner_text().split(" ", 1)[1]: set(
            band.locator(".ig-name").all_inner_texts()
        )
        for band in page.locator(".ig-band").all()
    }


def taken_home(path: Path) -> dict[str, set[str]]:
    """Give the names of the photos in each folder of the zip."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = [name.split("/") for name in archive.namelist()]
    assert {parts[0] for parts in names} == {"groups"}
    assert {parts[1] for parts in names if len(parts) == 2} == TABLES
    found: dict[str, set[str]] = {}
    for _, folder, name in (parts for parts in names if len(parts) == 3):
        found.setdefault(folder, set()).add(name)
    return found


def download(page: Page, label: str, path: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("button", name=label).click()
    started.value.save_as(path)
    return path


def test_a_folder(visit, photos, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    page = visit.page
    for folder in ("..", "out", "some/../.."):
        choose(page, folder)
        group(page)
        expect(page.get_by_text(f"{folder} lies outside the folder of the app")).to_be_visible()
    choose(page, "some")
    group(page)
    page.locator(".ig-photo img[src]").first.wait_for()
    shoot(page, "app_folder")
    expect(page.get_by_text(re.compile(r"elbow \d+ · silhouette \d+ · contrast"))).to_be_visible()
    expect(page.get_by_alt_text(re.compile("The most typical photos of"))).to_be_visible()
    faults = Axe().run(page).response["violations"]
    assert [(f["id"], f["nodes"][0]["html"]) for f in faults if f["impact"] in GRAVE] == []
    assert HOSTILE in set().union(*view(page).values())
    seen = {
        folder: {n.translate({60: "_", 62: "_"}) for n in names}
        for folder, names in view(page).items()
    }  # a zip must open on Windows too
    assert taken_home(download(page, "Download the groups", tmp_path / "g.zip")) == seen
    report = download(page, "Download the report", tmp_path / "r.html").read_text()
    assert "&lt;img src=x onerror=alert(1)&gt;.jpg" in report


def test_an_upload(visit, photos, tmp_path):
    page, folder = visit.page, tmp_path / "files"
    folder.mkdir()
    made = upload_files(photos, folder)
    broken = {made[4].name, made[9].name}
    page.locator(".ig-upload").set_input_files(made)
    expect(page.locator(".ig-upload-says")).to_contain_text("31 of 31 files", timeout=PATIENCE)
    page.get_by_label("k is found by").select_option("the slider")
    group(page)
    for name in broken:
        expect(page.get_by_text(f"Skipped: {name}")).to_be_visible(timeout=PATIENCE)
    page.locator(".ig-photo img[src]").first.wait_for()
    says(page, "31 in = 29 grouped + 0 no features + 2 skipped")
    page.locator(".ig-photo").first.click()
    page.get_by_role("button", name="Move 1 photo to cluster_03").first.click()
    says(page, "Move 1 photo to cluster_03. Saved.")
    shoot(page, "app_upload")
    seen = view(page)
    assert len(seen) == int(page.locator(".widget-readout").inner_text())
    safe = {path.name.translate({60: "_", 62: "_"}) for path in made}
    assert set().union(*seen.values()) == safe - broken
    packed = download(page, "Download the groups", tmp_path / "g.zip")
    assert taken_home(packed) == seen
    with zipfile.ZipFile(packed) as archive:
        held = {Path(name).name: archive.read(name) for name in archive.namelist()}
    assert held["large.jpg"] == made[-1].read_bytes()
