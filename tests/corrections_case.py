"""Groupings to correct, random edits of them, and what must hold after each."""

from __future__ import annotations

import random

import numpy as np

from imagegroup.corrections import VERBS, Arrangement, Edit, sum_line
from imagegroup.grouping import Grouping
from imagegroup.recipes import DEFAULT
from imagegroup.skips import SkippedFile, SkipReason


def grouping_of(labels, vectors=None, folder=".", paths=None, skipped=2) -> Grouping:
    """Give a grouping with these labels; images without features have zero vectors."""
    labels = np.array(labels, np.int32)
    if vectors is None:
        vectors = np.random.default_rng(0).random((len(labels), 5), np.float32) + 1
        vectors[labels < 0] = 0
    k = labels.max(initial=-1) + 1
    centers = np.array([vectors[labels == i].mean(axis=0) for i in range(k)], np.float32)
    paths = paths or tuple(f"{row:02d}.jpg" for row in range(len(labels)))
    out = tuple(SkippedFile(f"x{i}.txt", SkipReason.NOT_AN_IMAGE) for i in range(skipped))
    return Grouping(folder, paths, vectors, labels, centers, None, "given", DEFAULT, out, {})


def random_edit(now: Arrangement, rng: random.Random) -> Edit:
    """Give an edit as a reader might make it; some cannot be carried out."""
    n, groups = len(now.groups), list(now.sizes)
    photos = sorted(rng.sample(range(n), rng.randint(1, min(n, 6))))
    group, other = rng.choice(groups), rng.choice(groups)
    members = now.members(group).tolist()
    name = rng.choice(["cats", "Cats", "a/b", "no_features", "", f"name {rng.randrange(30)}"])
    verb = rng.choice([*VERBS, "undo", "undo", "redo"])
    arguments = {
        "move": {"photos": photos, "to": other},
        "new_group": {"photos": photos, "name": name},
        "merge": {"photos": members, "group": group, "to": other},
        "split": {
            "photos": members,
            "group": group,
            "parts": [rng.randrange(2) for _ in members],
            "names": [name],
        },
        "rename": {"group": group, "name": name},
        "not_sure": {"photos": photos, "marked": rng.random() < 0.7},
    }
    return Edit(verb, arguments.get(verb, {}))


def same(a: Arrangement, b: Arrangement) -> bool:
    """Tell whether two states are the same in every respect."""
    arrays = ("groups", "unsure", "placed")
    return a.names == b.names and all(np.array_equal(getattr(a, x), getattr(b, x)) for x in arrays)


def check(now: Arrangement, skipped: int) -> None:
    """Expect each photo in exactly one group, names that differ, and the right sum."""
    members = np.concatenate([now.members(group) for group in now.sizes])
    assert sorted(members.tolist()) == list(range(len(now.groups)))
    names = [now.names[group].casefold() for group in now.sizes]
    assert len(set(names)) == len(names)
    line = sum_line(now, skipped)
    total, rest = line.split(";")[0].split(" in = ")
    assert int(total) == len(now.groups) + skipped
    assert sum(int(part.split()[0]) for part in rest.split(" + ")) == int(total)
