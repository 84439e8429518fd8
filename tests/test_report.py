"""The report: one file, whole or absent, in which every text is text."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
from groupings import SECRET, hostile_grouping, made_grouping
from hostile_names import HOSTILE_NAMES

from imagegroup import DEFAULT, group_images, report
from imagegroup.cli import main
from imagegroup.names import display_name
from imagegroup.report import report_page, write_report
from imagegroup.samples import make_album


class Page(HTMLParser):
    """Every tag with its attributes, and the text between them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def all(self, *names):
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return hostile_grouping(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def page(hostile):
    names = {0: "cats", 1: "<img src=x onerror=alert(1)>"}
    corrections = {"edits": 3, "photos_moved": 7, "<b>": "<script>alert(1)</script>"}
    return Page(report_page(hostile, names=names, corrections=corrections))


def test_only_our_own_tags_and_attributes(page):
    tags = "html head meta title style body a header h1 p nav ul li main section h2 h3 h4 div table"
    tags += " thead tbody tr th td bdi span img details summary"
    assert {tag for tag, _ in page.tags} == set(tags.split())
    known = "lang charset name http-equiv content class href aria-label aria-labelledby id tabindex"
    known += " role scope src alt width height"
    assert {name for _, attributes in page.tags for name in attributes} == set(known.split())


def test_nothing_is_loaded_and_links_stay_inside(page):
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {link["href"] for link in page.all("a")} <= {f"#{key}" for key in ids}
    for image in page.all("img"):
        assert re.fullmatch(r"data:image/webp;base64,[\w+/]+=*", image["src"])


def test_the_policy_allows_only_this_style_and_data_images(hostile, page):
    (policy,) = [m["content"] for m in page.all("meta") if "http-equiv" in m]
    style = re.search(r"<style>(.*?)</style>", report_page(hostile), re.DOTALL).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_every_name_is_there_as_text(page):
    alts = [image["alt"] for image in page.all("img")]
    for name in HOSTILE_NAMES:
        assert f"Photo {display_name(name)}" in alts
        assert page.text.count(display_name(name)) >= 2  # the skipped file and its detail
    assert "Group 1: <img src=x onerror=alert(1)>" in page.text
    assert "<script>alert(1)</script>" in page.text


def test_every_photo_is_shown_once(page, hostile):
    alts = Counter(image["alt"] for image in page.all("img") if image["alt"].startswith("Photo"))
    assert sum(alts.values()) == len(hostile.paths)
    assert set(alts.values()) == {1}


def test_headings_go_down_one_step_at_a_time(page):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert max(np.diff(levels)) == 1


def test_pictures_are_our_own(page):
    for image in page.all("img"):
        data = base64.b64decode(image["src"].partition(",")[2])
        assert SECRET not in data
        assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) is not None


def test_the_doubtful_stand_first_and_typical_before_them(hostile, page):
    order = [image["alt"].removeprefix("Photo ") for image in page.all("img")]
    names = [display_name(hostile.paths[row]) for row in hostile.members(0)[:8]]
    assert order[:8] == names
    rest = [
        name
        for name in order
        if name in {display_name(hostile.paths[r]) for r in hostile.members(0)}
    ][8:]
    margin = report.margins(hostile)
    values = [margin[[display_name(p) for p in hostile.paths].index(name)] for name in rest]
    assert values == sorted(values)
    assert len(rest) > 8


def test_a_folder_without_images(tmp_path):
    text = report_page(group_images(tmp_path, DEFAULT))
    assert "0 files seen" in text
    assert "there are no groups" in text


@pytest.mark.slow
def test_three_hundred_photos_take_less_than_3_mb(tmp_path):
    folder = make_album(tmp_path / "album", "hard", views=25)
    paths = tuple(sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.jpg")))
    rng = np.random.default_rng(0)
    values = {"folder": folder, "paths": paths}
    grouping = made_grouping(rng.normal(size=(300, 5)), np.arange(300) % 12, **values)
    path = write_report(grouping, tmp_path / "report.html")
    assert path.read_text().count("<img") == 300
    assert path.stat().st_size < 3_000_000


def test_very_many_photos_show_a_share_of_each_group(hostile, monkeypatch):
    monkeypatch.setattr(report, "MOST_IMAGES", 40)
    text = report_page(hostile)
    grouped = int((hostile.labels >= 0).sum())
    hidden = sum(int(n) for n in re.findall(r"And (\d+) less doubtful", text))
    apart = len(hostile.paths) - grouped
    assert text.count("<img") - 1 == grouped - hidden + apart
    assert grouped - hidden == 3 * (40 // 3)


@pytest.fixture
def small(album):
    paths = ("coins/00.jpg", "coins/01.jpg", "brick/00.jpg")
    return made_grouping(np.eye(3), [0, 0, 1], folder=album, paths=paths)


def test_an_earlier_report_is_replaced(small, tmp_path):
    path = write_report(small, tmp_path / "report.html")
    first = path.read_text()
    assert write_report(small, path, names={0: "cats"}).read_text() != first
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content", [b"", b"my letter", b"<!doctype html><title>imagegroup</title>"]
)
def test_another_file_is_never_replaced(small, tmp_path, content):
    path = tmp_path / "letter.html"
    path.write_bytes(content)
    with pytest.raises(FileExistsError, match="not a report of ours"):
        write_report(small, path)
    assert path.read_bytes() == content


def test_links_folders_and_pipes_are_not_replaced(small, tmp_path):
    real = write_report(small, tmp_path / "real.html")
    (tmp_path / "link.html").symlink_to(real)
    (tmp_path / "nowhere.html").symlink_to(tmp_path / "missing")
    (tmp_path / "folder.html").mkdir()
    os.mkfifo(tmp_path / "pipe.html")
    for name in ("link", "nowhere", "folder", "pipe"):
        with pytest.raises(FileExistsError, match="not a report of ours"):
            write_report(small, tmp_path / f"{name}.html")


def test_a_missing_folder_is_said(small, tmp_path):
    with pytest.raises(FileNotFoundError, match="make it first"):
        write_report(small, tmp_path / "no" / "report.html")


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_failure_leaves_the_old_report_and_nothing_else(small, tmp_path, monkeypatch, where):
    path = write_report(small, tmp_path / "report.html")
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, where, full)
    with pytest.raises(OSError, match="No space"):
        write_report(small, path, names={0: "cats"})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_came_in_the_meantime_is_not_replaced(small, tmp_path, monkeypatch):
    path, page = tmp_path / "report.html", report.report_page

    def slow(*arguments, **options):
        path.write_text("my letter")
        return page(*arguments, **options)

    monkeypatch.setattr(report, "report_page", slow)
    with pytest.raises(FileExistsError):
        write_report(small, path)
    assert path.read_text() == "my letter"
    assert list(tmp_path.iterdir()) == [path]


def test_the_command_line_writes_it(album, tmp_path, capsys):
    path = tmp_path / "report.html"
    assert main(["group", str(album), "--k", "3", "--json", "--report", str(path)]) == 0
    out, error = capsys.readouterr()
    assert out.count("\n") == 1
    assert "report.html" in error
    assert Page(path.read_text()).text.count("margin 0.") > 50


def test_the_command_line_refuses_before_the_work(album, tmp_path, capsys):
    path = tmp_path / "letter.html"
    path.write_text("my letter")
    assert main(["group", str(album), "--report", str(path)]) == 2
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert path.read_text() == "my letter"


def test_a_dry_run_writes_no_report(album, tmp_path, capsys):
    path = tmp_path / "report.html"
    options = ["--k", "3", "--report", str(path), "--dry-run"]
    assert main(["group", str(album), *options]) == 0
    assert "would write the report" in capsys.readouterr().out
    assert not path.exists()


def test_no_original_is_opened_for_writing(album, tmp_path):
    script = (
        "import os, sys\n"
        "from imagegroup.cli import main\n"
        "wrong = []\n"
        "def hook(event, args):\n"
        "    if event == 'open' and str(args[0]).startswith(sys.argv[1]):\n"
        "        if args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):\n"
        "            wrong.append(args)\n"
        "    if event in ('os.remove', 'os.rename', 'os.truncate', 'os.chmod', 'os.utime'):\n"
        "        wrong.extend([args] if str(args[0]).startswith(sys.argv[1]) else [])\n"
        "sys.addaudithook(hook)\n"
        "main(['group', sys.argv[1], '--k', '3', '--report', sys.argv[2]])\n"
        "sys.exit(repr(wrong) if wrong else 0)\n"
    )
    path = tmp_path / "report.html"
    command = [sys.executable, "-c", script, str(album), str(path)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert path.exists()
