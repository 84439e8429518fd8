"""Features of the reader's own in place of ORB, and what happens when they are wrong."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
import shutil
import sys

import cv2
import numpy as np
import own_features
import pytest
from sklearn.preprocessing import FunctionTransformer

from imagegroup import CLASSIC, DEFAULT, Cache, group_images
from imagegroup.cli import main
from imagegroup.evaluate import score_folder
from imagegroup.export import apply_export, plan_export
from imagegroup.recipes import Recipe
from imagegroup.report import write_report
from imagegroup.runcards import hash_settings, run_card, save_card
from imagegroup.skips import Skipped, SkipReason
from imagegroup.sweeps import sweep_recipes

QUICK = DEFAULT.with_values(k=3, n_init=1)
NAME = "own_features:brightness"


@pytest.fixture(scope="module")
def few(album, tmp_path_factory):
    """Three groups of two views, one broken photo and a text."""
    folder = tmp_path_factory.mktemp("few")
    for group in ("brick", "coffee", "rocket"):
        (folder / group).mkdir()
        for view in sorted((album / group).iterdir())[:2]:
            shutil.copy(view, folder / group)
    (folder / "brick" / "broken.jpg").write_bytes(
        (folder / "brick" / "00.jpg").read_bytes()[:9_000]
    )
    (folder / "notes.txt").write_text("these are my holidays")
    return folder


def brightness_by_hand(folder, paths):
    """What `own_features` computes, with NumPy alone where OpenCV's INTER_AREA is a plain mean."""
    rows = []
    for path in paths:
        image = cv2.imread(str(folder / path), cv2.IMREAD_GRAYSCALE)
        height, width = image.shape[0] // 3, image.shape[1] // 4
        assert image.shape == (3 * height, 4 * width)
        rows.append(image.reshape(3, height, 4, width).mean(axis=(1, 3)).ravel())
    return np.array(rows)


def test_a_function_by_name_as_an_object_and_a_transformer_give_the_same(few):
    by_name = group_images(few, QUICK.with_values(encoding=NAME))
    assert by_name.paths == tuple(p for p in group_images(few, QUICK).paths)
    assert {skip.path for skip in by_name.skipped} == {"brick/broken.jpg", "notes.txt"}
    assert by_name.vectors.dtype == np.float32
    expected = brightness_by_hand(few, by_name.paths)
    assert np.abs(by_name.vectors - expected).max() <= 1  # the grey of a JPEG, rounded
    stacked = FunctionTransformer(
        lambda paths: np.stack([own_features.brightness(p) for p in paths])
    )
    others = (own_features.brightness, lambda path: own_features.brightness(path), stacked)
    for encoding in others:
        found = group_images(few, QUICK.with_values(encoding=encoding))
        assert np.array_equal(found.vectors, by_name.vectors)
        assert np.array_equal(found.labels, by_name.labels)


def test_the_recipe_says_whether_the_run_can_be_repeated(few, tmp_path):
    assert QUICK.with_values(encoding=own_features.brightness).encoding == NAME
    recipe = QUICK.with_values(encoding=lambda path: own_features.brightness(path))
    said = "not repeatable: given as an object, function"
    grouping = group_images(few, recipe)
    apply_export(plan_export(grouping, tmp_path / "out"))
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert run["recipe"]["encoding"].startswith(said)
    assert "not repeatable" in write_report(grouping, tmp_path / "report.html").read_text()
    card = json.loads(save_card(run_card(grouping), tmp_path / "card.json").read_text())
    assert card["recipe"]["encoding"].startswith(said)
    assert said in json.dumps(score_folder(few, recipe, seeds=1, k_true=True))
    assert hash_settings(recipe, {}) != hash_settings(QUICK, {})


def test_recipes_of_two_functions_of_the_same_name_differ():
    one, other = (DEFAULT.with_values(encoding=lambda path: [1.0]) for _ in range(2))
    assert str(one.encoding) == str(other.encoding)
    assert one != other
    assert one == one.with_values()
    assert dataclasses.asdict(one)["encoding"] is copy.deepcopy(one).encoding is one.encoding


def test_a_recipe_with_a_transformer_can_be_sent_to_another_process(few):
    recipe = QUICK.with_values(encoding=FunctionTransformer(np.char.str_len, validate=False))
    again = pickle.loads(pickle.dumps(recipe))
    assert str(again.encoding) == str(recipe.encoding)
    assert str(recipe.encoding).endswith("FunctionTransformer")
    with pytest.raises(ValueError, match=r"transform\(\[path\]\) gave the shape \(1,\), expected"):
        group_images(few, again)


def test_none_and_skipped_mean_no_features(few):
    def describe(path):
        if path.endswith("brick/00.jpg"):
            return None
        if path.endswith("coffee/01.jpg"):
            raise Skipped(SkipReason.CORRUPT)
        return own_features.brightness(path)

    grouping = group_images(few, QUICK.with_values(encoding=describe, k=2))
    without = {p for p, label in zip(grouping.paths, grouping.labels, strict=True) if label < 0}
    assert without == {"brick/00.jpg", "coffee/01.jpg"}
    assert not grouping.vectors[grouping.labels < 0].any()
    assert len(grouping.skipped) == 2


LENGTHS = iter(range(3, 300))


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        (lambda path: np.ones((2, 3)), r"gave the shape \(2, 3\) for .*expected \(d,\) finite"),
        (lambda path: [], r"gave the shape \(0,\)"),
        (lambda path: 7.0, r"gave the shape \(\)"),
        (lambda path: "bright", r"gave the shape \(\)"),
        (lambda path: [1.0, np.nan], "gave numbers that are not finite"),
        (lambda path: [1e300], "gave numbers that are not finite"),
        (
            lambda path: np.ones(next(LENGTHS)),
            "numbers, the images before it of",
        ),
        (lambda path: np.load(path + ".no"), "failed on .*FileNotFoundError"),
        ("no_such_module:f", "cannot be imported: ModuleNotFoundError: .*Run where"),
        ("own_features:darkness", "cannot be imported: AttributeError"),
        ("own_features:np.pi", "expected a function of a path or a transformer"),
        ("sklearn.cluster:KMeans", "expected a function of a path or a transformer"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(few, encoding, said):
    with pytest.raises(ValueError, match=said) as raised:
        group_images(few, QUICK.with_values(encoding=encoding))
    assert "\n" not in str(raised.value)


def test_what_cannot_be_an_encoding_is_refused_at_once():
    for wrong in ("vlads", "a:b:c", "mymodule:", "rm -rf:x", ""):
        with pytest.raises(ValueError, match=r"expected one of flatten.*or module:function"):
            Recipe(encoding=wrong)
    for wrong in (7, None, FunctionTransformer):
        with pytest.raises(TypeError, match="expected a name, a function of a path or a transf"):
            Recipe(encoding=wrong)


def test_code_of_ones_own_is_never_kept(few, tmp_path):
    cache = Cache(tmp_path / "observations")
    group_images(few, QUICK.with_values(encoding=NAME), cache=cache)
    assert cache.size() == (0, 0)
    with pytest.raises(ValueError, match="batches are not kept of code of your own"):
        group_images(few, QUICK.with_values(encoding=NAME), batches=tmp_path / "batches")
    assert os.listdir(tmp_path) == []


def test_a_sweep_takes_it(few):
    table = sweep_recipes(few, {"encoding": ["thumbnail", NAME]}, QUICK, seeds=1, jobs=2)
    assert table["encoding"].tolist() == ["thumbnail", NAME]
    assert (table["k"] == 3).all()


def test_the_command_line_imports_from_where_it_is_run(few, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p not in ("", os.getcwd())])
    shutil.copy(own_features.__file__, tmp_path / "my_features.py")
    monkeypatch.chdir(tmp_path)
    how = ["--k", "3", "--set", "n_init=1", "--json"]
    assert main(["group", str(few), "--set", "encoding=my_features:brightness", *how]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["recipe"]["encoding"] == "my_features:brightness"
    assert said["grouped"] == 6
    assert main(["group", str(few), "--set", "encoding=my_features:darkness", *how]) == 2
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert "darkness" in complaint


def test_nothing_is_imported_before_it_is_used(few):
    recipe = CLASSIC.with_values(encoding="no_such_module:f", k=3)
    with pytest.raises(ValueError, match="no_such_module"):
        group_images(few, recipe)
