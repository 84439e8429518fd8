"""The app without a browser: its messages, its groups, its downloads, and the command."""

from __future__ import annotations

import io
import os
import re
import shutil
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest
from tqdm import tqdm

from imagegroup import CLASSIC, DEFAULT, SCENES, cli_app, group_images, uploads
from imagegroup.cli import main
from imagegroup.clusters import CRITERIA
from imagegroup.widgets import app, app_state
from imagegroup.widgets.app import App
from imagegroup.widgets.transfer import Download, Upload

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "app" / "imagegroup.ipynb"
HOSTILE = "<img src=x onerror=alert(1)>.jpg"


@pytest.fixture(scope="module")
def root(album, tmp_path_factory) -> Path:
    """Give the folder of an app: photos of three scenes, one with a hostile name, one broken."""
    root = tmp_path_factory.mktemp("root")
    (root / "some").mkdir()
    (root / "empty").mkdir()
    scenes = sorted(path for path in album.iterdir() if path.is_dir())[:3]
    for scene in scenes:
        for photo in sorted(scene.iterdir())[:5]:
            shutil.copy2(photo, root / "some" / f"{scene.name}-{photo.name}")
    min((root / "some").iterdir()).rename(root / "some" / HOSTILE)
    (root / "some" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    return root


@pytest.fixture(scope="module")
def shown(root) -> App:
    shown = app(root)
    shown.folder.value = "some"
    shown.group()
    return shown


def ask(widget, content: dict, *buffers: bytes) -> tuple[dict, list]:
    """Send a message as the page does; give the answer."""
    answers = []
    widget.send = lambda content, buffers=None: answers.append((content, buffers))
    widget._handle_custom_msg(content, [memoryview(data) for data in buffers])
    return answers[0]


def fetch(widget: Download) -> bytes:
    """Load a file as download.js does."""
    data = b""
    while True:
        answer, buffers = ask(widget, {"at": len(data)})
        assert answer["at"] == len(data)
        assert len(buffers[0]) <= uploads.PIECE
        data += buffers[0]
        if len(data) >= answer["size"]:
            return data


def test_it_offers_folders_recipes_and_criteria(root):
    shown = app(root)
    assert shown.folder.options == (".", "empty", "some")
    assert list(shown.recipe.options.values()) == [DEFAULT, CLASSIC, SCENES]
    assert shown.by.options == (*CRITERIA, "the slider")
    assert shown.by.value == DEFAULT.k


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("..", ".. lies outside the folder of the app: choose one below it."),
        ("<b>no</b>", "&lt;b&gt;no&lt;/b&gt;: no such folder; choose one of the list."),
        ("empty", "empty holds no photo with features: choose or upload others."),
    ],
)
def test_what_cannot_be_grouped_is_told_in_one_line(root, folder, words):
    shown = app(root)
    shown.folder.value = folder
    shown.group()
    assert shown.says.value.endswith(f"<div>{words}</div>")
    assert not shown.results.children
    assert not shown.go.disabled


def test_the_proposals_are_what_each_criterion_would_choose(root, shown):
    proposed = dict(re.findall(r"(\w+) (\d+|finds none)", shown.says.value.split("</div>")[0]))
    for criterion in CRITERIA:
        recipe = DEFAULT.with_values(k=criterion, fallback=None)
        assert proposed[criterion] == str(group_images(root / "some", recipe).k)


def test_progress_is_one_line_that_changes(root, monkeypatch):
    def slow(folder, recipe, cache):
        list(tqdm(range(2), desc="reading", mininterval=0))
        raise ValueError("no more")

    shown, told = app(root), []
    shown.says.observe(lambda change: told.append(change["new"]), "value")
    monkeypatch.setattr(app_state, "measure", slow)
    shown.group()
    assert any("reading" in line and "1/2" in line for line in told)
    assert all(line.count("<div>") == 1 for line in told[:-1])
    assert told[-1].endswith("<div>no more</div>")


def test_scenes_need_no_k(root):
    shown = app(root)
    shown.folder.value, shown.recipe.value = "some", SCENES
    shown.group()
    expected = group_images(root / "some", SCENES)
    assert shown.desk.grouping.labels.tolist() == expected.labels.tolist()
    assert f"{expected.k} groups" in shown.says.value


def test_the_groups_are_those_of_the_recipe(root, shown):
    wanted = group_images(root / "some", DEFAULT)
    assert shown.desk.grouping.paths == wanted.paths
    assert shown.desk.grouping.labels.tolist() == wanted.labels.tolist()
    assert shown.desk.grouping.criterion == wanted.criterion == "contrast"
    assert shown.slider.value == wanted.k
    assert "Skipped: broken.jpg: " in shown.says.value
    assert 'alt="The most typical photos of' in shown.sheet.value


def test_the_slider_gives_k(root):
    shown = app(root)
    shown.folder.value = "some"
    shown.slider.value = 3
    assert shown.by.value == "the slider"
    shown.group()
    wanted = group_images(root / "some", DEFAULT.with_values(k=3))
    assert shown.desk.grouping.labels.tolist() == wanted.labels.tolist()
    assert shown.desk.grouping.criterion == "given"
    assert len(shown.desk.grouping.sweep.ks) > 3  # the report shows the whole curve
    shown.slider.value = 40
    shown.group()
    assert "15 distinct images cannot be put into k = 40 groups" in shown.says.value


def test_downloads_hold_the_corrected_groups(shown):
    hostile = [path for path in shown.desk.grouping.paths if path.startswith("<")]
    shown.desk.new_group(hostile, "me/you")
    groups, report = shown.results.children[-1].children
    with zipfile.ZipFile(io.BytesIO(fetch(groups))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        data = archive.read("groups/me_you/_img src=x onerror=alert(1)_.jpg")
    assert data == (shown.desk.grouping.folder / HOSTILE).read_bytes()
    now = shown.desk.now
    for group, name in now.names.items():
        if group in now.sizes:
            held = [n for n in names if n.startswith(f"groups/{name}/")]
            assert len(held) == np.sum(now.groups == group)
    page = fetch(report).decode()
    assert "me_you" in page
    assert "<img src=x" not in page
    shown.desk.undo()


def test_a_download_that_fails_says_why():
    def make() -> Path:
        raise OSError("the disk is full")

    assert ask(Download("a", "a.zip", make), {"at": 0})[0] == {"refused": "the disk is full"}


def test_an_upload_is_grouped(root):
    shown = app(root)
    names = sorted(os.listdir(root / "some"))
    for name in names:
        data = (root / "some" / name).read_bytes()
        answer, _ = ask(shown.upload, {"name": name, "size": len(data), "at": 0}, data)
        assert answer == {"refused": ""}
    assert shown.source.value
    shown.group()
    assert shown.desk.sum_line() == "16 in = 15 grouped + 0 no features + 1 skipped"
    assert shown.desk.grouping.folder == shown.place / "photos"
    assert shown.desk.corrector.journal.path.parent == shown.place.resolve()


def test_what_is_refused_is_answered(tmp_path):
    (tmp_path / "photos").mkdir()
    upload = Upload(tmp_path)
    answer, _ = ask(upload, {"name": "a.jpg", "size": 10**9, "at": 0}, b"abc")
    assert answer == {
        "refused": f"a.jpg is too much: {uploads.LIMITS_IN_WORDS}. Choose a folder instead."
    }
    assert upload.arrived == 0


def test_the_command_needs_a_folder(tmp_path, capsys):
    assert main(["app", str(tmp_path / "none")]) == 2
    assert capsys.readouterr().err.endswith("no such folder; give one of photos.\n")


def test_the_server_is_for_this_machine_with_a_token():
    options = cli_app.voila_options(Path("place/a.ipynb"), 4_321, "secret")
    assert {"--Voila.ip=127.0.0.1", "--Voila.token=secret", "--Voila.port=4321"} <= set(options)


def test_templates_ask_no_other_machine():
    files = [path for path in cli_app.TEMPLATES.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"conf.json", "index.html.j2", "page.html"}
    for path in files:
        assert "//" not in path.read_text()


def test_the_notebook_calls_the_app_and_holds_no_output():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert 2 <= len(notebook.cells) <= 4
    assert all(cell.outputs == [] for cell in code)
    values: dict = {}
    body, _, last = code[-1].source.rpartition("\n")
    exec(body, values)
    assert isinstance(eval(last, values), App)
