"""What the command line prints: tables for people, one object for programs."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np

from imagegroup.grouping import Grouping
from imagegroup.names import display_name
from imagegroup.plan import MANIFEST, TABLES, Plan
from imagegroup.recipes import Recipe
from imagegroup.skips import SkippedFile

NAMES_SHOWN = 3


def recipe_dict(recipe: Recipe) -> dict:
    """Return a recipe as plain values for JSON."""
    return dataclasses.asdict(recipe)


def summary(grouping: Grouping) -> dict:
    """Return what `--json` prints of a grouping.

    `seen = grouped + no_features + len(skipped)`; the keys of `labels` are posix paths relative
    to the folder, in row order, -1 for images without features. `names` are the folders of groups.
    """
    no_features = int((grouping.labels == -1).sum())
    return {
        "seen": grouping.seen,
        "grouped": len(grouping.labels) - no_features,
        "no_features": no_features,
        "skipped": [{"path": s.path, "reason": s.reason.value} for s in grouping.skipped],
        "k": grouping.k,
        "criterion": grouping.criterion,
        "names": {label: grouping.name(label) for label in range(grouping.k)},
        "labels": dict(zip(grouping.paths, grouping.labels.tolist(), strict=True)),
        "seconds": grouping.seconds,
        "recipe": recipe_dict(grouping.recipe),
    }


def group_table(grouping: Grouping, labelled: bool = False) -> str:
    """Return the groups and the skipped files as text, the skipped first when they prevail.

    With `labelled`, the first sub-folders are known labels and the scores are printed as well.
    """
    skipped = _skipped_lines(grouping.skipped)
    groups = _group_lines(grouping)
    if labelled:
        groups += ["", _scores(grouping)]
    parts = [skipped, groups] if 2 * len(grouping.skipped) > grouping.seen else [groups, skipped]
    return "\n".join([*parts[0], *([""] if all(parts) else []), *parts[1], "", _sum(grouping)])


def score_table(scores: dict) -> str:
    """Return what `score` prints for people."""
    lines = [f"{scores['n']} images, {scores['labels_true']} labels, k = {scores['k']}"]
    for name, title in (("ari", "ARI"), ("nmi", "NMI"), ("accuracy", "accuracy")):
        row = scores[name]
        values = " ".join(f"{v:.3f}" for v in row["values"])
        lines.append(f"{title:9s}{row['mean']:6.3f} +- {row['sd']:.3f}   seeds: {values}")
    lines.append(f"no features {scores['no_features']}, skipped {len(scores['skipped'])}")
    return "\n".join(lines)


def plan_tree(plan: Plan, shown: int = 3) -> str:
    """Draw what an export would write as a tree: its folders, a few files in each, its tables."""
    folders: dict[str, list] = {}
    for entry in sorted(plan.entries, key=lambda e: e.destination):
        folders.setdefault(entry.destination.partition("/")[0], []).append(entry)
    lines = [f"{display_name(plan.out.name)}/"]
    for folder, entries in folders.items():
        megabytes = sum(entry.size for entry in entries) / 1e6
        plural = "" if len(entries) == 1 else "s"
        size = f"{len(entries)} image{plural}, {megabytes:.1f} MB"
        lines.append(f"├── {display_name(folder)}/   {size}")
        names = [display_name(e.destination.partition("/")[2], 60) for e in entries[:shown]]
        names += [f"... {len(entries) - shown} more"] if len(entries) > shown else []
        lines += [f"│   {'└' if name == names[-1] else '├'}── {name}" for name in names]
    lines += [f"├── {table}" for table in TABLES]
    return "\n".join([*lines, f"└── {MANIFEST}"])


def _group_lines(grouping: Grouping) -> list[str]:
    if not grouping.k:
        return ["no groups: no image with features"] if grouping.paths else ["no groups: no image"]
    lines = [f"k = {grouping.k} ({grouping.criterion})", f"{'group':>5}  {'size':>5}  most typical"]
    for label in range(grouping.k):
        rows = grouping.members(label)
        names = ", ".join(display_name(grouping.paths[row], 40) for row in rows[:NAMES_SHOWN])
        more = ", ..." if len(rows) > NAMES_SHOWN else ""
        title = grouping.names.get(label, "")
        said = f"{display_name(title, 40)}: " if title else ""
        lines.append(f"{label:>5}  {len(rows):>5}  {said}{names}{more}")
    return lines


def _skipped_lines(skipped: tuple[SkippedFile, ...]) -> list[str]:
    if not skipped:
        return []
    counts = Counter(s.reason for s in skipped)
    lines = [f"{len(skipped)} file{'s' if len(skipped) > 1 else ''} skipped:"]
    for reason, count in counts.most_common():
        own = [s for s in skipped if s.reason is reason]
        names = ", ".join(display_name(s.path, 40) for s in own[:NAMES_SHOWN])
        more = ", ..." if count > NAMES_SHOWN else ""
        lines.append(f"{count:>5}  {reason.value}: {reason.sentence} {reason.remedy}")
        lines.append(f"       {names}{more}")
        details = sorted({s.detail for s in own if s.detail})
        lines += [f"       {display_name(detail)}" for detail in details[:NAMES_SHOWN]]
    return lines


def _sum(grouping: Grouping) -> str:
    no_features = int((grouping.labels == -1).sum())
    grouped = len(grouping.labels) - no_features
    return (
        f"{grouping.seen} seen = {grouped} grouped + {no_features} no features "
        f"+ {len(grouping.skipped)} skipped"
    )


def _scores(grouping: Grouping) -> str:
    from imagegroup.evaluate import apart, score_labels, true_labels

    true = np.unique(true_labels(grouping.paths), return_inverse=True)[1]
    scores = score_labels(true, apart(grouping))
    return (
        f"against the {true.max() + 1} true groups: ARI {scores.ari:.3f}, NMI {scores.nmi:.3f}, "
        f"accuracy {scores.accuracy:.3f}"
    )
