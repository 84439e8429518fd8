"""Every criterion by its name, from the recipe and from the command line."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from imagegroup import DEFAULT, group_images
from imagegroup.cli_parser import build_parser
from imagegroup.clusters import CRITERIA, choose_k

QUICK = DEFAULT.with_values(encoding="thumbnail", ks=range(1, 9), n_init=2, fallback=None)


@pytest.fixture(scope="module")
def few(album, tmp_path_factory):
    folder = tmp_path_factory.mktemp("few")
    for group in ("astronaut", "brick", "coffee"):
        shutil.copytree(album / group, folder / group)
    return folder


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_recipe_takes_its_name_and_measures_what_it_needs(few, criterion):
    grouping = group_images(few, QUICK.with_values(k=criterion))
    sweep = grouping.sweep
    assert grouping.criterion == criterion
    assert grouping.k == choose_k(sweep, criterion)
    assert np.isnan(sweep.explained[1:]).all() == (criterion != "contrast")
    assert np.isnan(sweep.stabilities[1:]).all() == (criterion != "stability")


def test_stability_can_be_the_fallback(few):
    grouping = group_images(few, QUICK.with_values(k="elbow", fallback="stability", ks=(2, 3)))
    assert grouping.criterion == "stability (no elbow found)"  # two points have no elbow
    assert grouping.k == 3


@pytest.mark.parametrize("command", ["group", "score", "demo"])
def test_the_command_line_names_them(command, capsys):
    with pytest.raises(SystemExit):
        build_parser().parse_args([command, "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert all(name in said for name in CRITERIA)
