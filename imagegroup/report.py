"""One HTML file that shows a grouping: it opens from disk, loads nothing and runs nothing."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import html
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from string import Template

import cv2
import numpy as np

from imagegroup import plots
from imagegroup.gallery import thumbnails
from imagegroup.grouping import Grouping
from imagegroup.inspection import GroupQuality, doubtful_first, group_qualities, margins
from imagegroup.names import display_name

SIDE = 112
"""Side of a thumbnail, in px."""
TYPICAL = 8
"""Images of a group shown as typical."""
MOST_IMAGES = 600
"""Thumbnails in a report, at most: about 2.5 MB."""
MARK = b'<meta name="generator" content="imagegroup">'
"""Tells a report of ours from a file that must not be replaced."""

TEMPLATE = Path(__file__).with_name("report.html")
NUMBERS = """<p>Spread is the mean distance of a group's photos to its centre. A photo's margin is
its distance to the next centre minus that to its own: the smaller, the more doubtful. The
silhouette, from -1 to 1, says the same of mean distances to all photos of a group.</p>"""


def check_report(path: str | Path) -> Path:
    """Return the path as one that a report may be written to.

    Raises
    ------
    FileNotFoundError, FileExistsError
        Its folder does not exist; or there is something that is not a report of ours.
    """
    path = Path(path).expanduser()
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"no folder {display_name(path.parent)}: make it first, or name another file."
        )
    if os.path.lexists(path) and not _is_ours(path):
        raise FileExistsError(
            f"{display_name(path)} exists and is not a report of ours: name another file."
        )
    return path


def write_report(
    grouping: Grouping,
    path: str | Path,
    *,
    names: Mapping[int, str] | None = None,
    corrections: Mapping[str, object] | None = None,
) -> Path:
    """Write a grouping as one HTML file; an earlier report of ours in its place is replaced.

    Thumbnails are made anew and embedded; of very many images each group shows its share. The file
    is complete or absent, whatever happens in between.

    Parameters
    ----------
    grouping : Grouping
    path : path
    names : mapping of label to name, optional
    corrections : mapping of what to a number, optional
        What correcting by hand cost and gained, such as ``{"edits": 12, "photos moved": 7}``.

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError, FileExistsError
        As `check_report`.
    """
    path = check_report(path)
    page = report_page(grouping, names=names, corrections=corrections)
    part = path.parent / f".imagegroup-{secrets.token_hex(8)}.partial"
    try:
        with part.open("xb") as file:
            file.write(page.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, check_report(path))
    finally:
        part.unlink(missing_ok=True)
    return path


def report_page(
    grouping: Grouping,
    *,
    names: Mapping[int, str] | None = None,
    corrections: Mapping[str, object] | None = None,
) -> str:
    """Return the HTML that `write_report` writes; every text in it is escaped."""
    qualities = group_qualities(grouping)
    known = {**grouping.names, **(names or {})}
    titles = [_title(quality.label, known) for quality in qualities]
    sections = {"groups": ("The groups", _groups(grouping, qualities, titles))}
    if grouping.sweep is not None and len(grouping.sweep.ks) > 1:
        sections["k"] = ("How many groups?", _sweep(grouping))
    if corrections:
        rows = [(name.replace("_", " "), value) for name, value in corrections.items()]
        sections["corrections"] = ("Corrected by hand", _table(("what", "number"), rows))
    sections["skipped"] = ("Files that were not grouped", _left_out(grouping))
    sections["recipe"] = ("The recipe", _recipe(grouping))
    template = TEMPLATE.read_text("utf-8")
    style = template.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"
    links = [(key, heading) for key, (heading, _) in sections.items()]
    links[1:1] = [(f"group-{q.label}", t) for q, t in zip(qualities, titles, strict=True)]
    return Template(template).substitute(
        policy=f"{policy}; base-uri 'none'; form-action 'none'",
        title=_text(f"Groups of {grouping.folder.resolve().name or 'photos'}"),
        sum=_text(_sum(grouping)),
        links="".join(f'<li><a href="#{key}">{_text(heading)}</a></li>' for key, heading in links),
        sections="\n".join(
            f'<section aria-labelledby="{key}"><h2 id="{key}">{_text(heading)}</h2>{body}</section>'
            for key, (heading, body) in sections.items()
        ),
    )


def _is_ours(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return MARK in file.read(1024)


def _text(value: object) -> str:
    return html.escape(display_name(str(value)), quote=True)


def _title(label: int, names: Mapping[int, str]) -> str:
    name = names.get(label, "")
    return f"Group {label}: {name}" if name else f"Group {label}"


def _sum(grouping: Grouping) -> str:
    grouped = int((grouping.labels >= 0).sum())
    return (
        f"{grouping.seen} files seen = {grouped} grouped + {len(grouping.paths) - grouped} without "
        f"features + {len(grouping.skipped)} skipped; {grouping.k} groups ({grouping.criterion})."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table that scrolls by itself, with keys too; cells that are tuples are links."""
    top = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in head)
    lines = [
        f'<tr><th scope="row">{_cell(first)}</th>'
        + "".join(f"<td>{_cell(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    ]
    label = _text(f"Table: {', '.join(head)}")
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{label}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        target, text = value
        return f'<a href="#{target}">{_text(text)}</a>'
    return f"<bdi>{_text(value)}</bdi>"


def _groups(grouping: Grouping, qualities: list[GroupQuality], titles: list[str]) -> str:
    """Write the table of the groups, then each: the typical images, then the doubtful first."""
    if not qualities:
        return "<p>No image has features, so there are no groups.</p>"
    order, share = doubtful_first(grouping), max(TYPICAL, MOST_IMAGES // len(qualities))
    rows = [
        ((f"group-{q.label}", title), q.size, f"{q.silhouette:.3f}", f"{q.spread:.3f}")
        for q, title in zip(qualities, titles, strict=True)
    ]
    parts = [_table(("group", "photos", "silhouette", "spread"), rows), NUMBERS]
    margin = margins(grouping)
    for quality, title in zip(qualities, titles, strict=True):
        typical = grouping.members(quality.label)[:TYPICAL] if quality.size > TYPICAL else []
        rest = [row for row in order if grouping.labels[row] == quality.label]
        rest = [row for row in rest if row not in typical]
        shown = rest[: share - len(typical)]
        parts.append(f'<h3 id="group-{quality.label}">{_text(title)}</h3>')
        parts.append(f"<p>{quality.size} photos. <a href='#groups'>All groups</a></p>")
        if len(typical):
            parts.append(f"<h4>Typical</h4>{_photos(grouping, typical, margin)}")
        parts.append(f"<h4>The doubtful first</h4>{_photos(grouping, shown, margin)}")
        if len(shown) < len(rest):
            parts.append(f"<p>And {len(rest) - len(shown)} less doubtful ones.</p>")
    return "".join(parts)


def _photos(grouping: Grouping, rows: Sequence[int], margin: np.ndarray) -> str:
    items = []
    for row, square in zip(rows, thumbnails(grouping, rows, SIDE), strict=True):
        coded = cv2.imencode(".webp", square[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 75])[1]
        name, far = grouping.paths[row], margin[row]
        image = _image(coded.tobytes(), f"Photo {name}", f'width="{SIDE}" height="{SIDE}"')
        said = f"margin {far:.3f}" if np.isfinite(far) else ""
        text = f"<span><bdi>{_text(display_name(name, 60))}</bdi></span>"
        items.append(f'<li>{image}{text}<span class="faint">{said}</span></li>')
    return f'<ul class="photos">{"".join(items)}</ul>'


def _image(data: bytes, alt: str, attributes: str) -> str:
    source = base64.b64encode(data).decode()
    return f'<img src="data:image/webp;base64,{source}" alt="{_text(alt)}" {attributes}>'


def _sweep(grouping: Grouping) -> str:
    sweep, axes = grouping.sweep, plots.new_axes(9, 3.2, columns=2)
    plots.sweep_curve(sweep, grouping.k, ax=axes[0])
    plots.silhouette_curve(sweep, grouping.k, ax=axes[1])
    figure = plots.picture(axes, f"Distortion and silhouette over k; k = {grouping.k} is marked.")
    curves = zip(sweep.ks, sweep.distortions, sweep.silhouettes, strict=True)
    rows = [(int(k), f"{far:.3f}", f"{silhouette:.3f}") for k, far, silhouette in curves]
    table = _table(("k", "distortion", "mean silhouette"), rows)
    image = _image(figure.image, figure.alt, 'class="figure"')
    return f"{image}<details><summary>The numbers</summary>{table}</details>"


def _left_out(grouping: Grouping) -> str:
    """Write the images without features and the skipped files, each with its reason."""
    rows = np.flatnonzero(grouping.labels < 0)
    if not len(rows) and not grouping.skipped:
        return "<p>None.</p>"
    parts = []
    if len(rows):
        shown = rows[:MOST_IMAGES]
        parts.append("<h3>Images without features</h3>")
        parts.append(_photos(grouping, shown, np.full(len(grouping.paths), np.nan)))
    if grouping.skipped:
        files = [(s.path, s.reason.sentence, s.reason.remedy, s.detail) for s in grouping.skipped]
        parts.append("<h3>Skipped files</h3>")
        parts.append(_table(("file", "why", "what to do", "detail"), files))
    return "".join(parts)


def _recipe(grouping: Grouping) -> str:
    values = dataclasses.asdict(grouping.recipe)
    orb = {f"orb.{name}": value for name, value in values.pop("orb").items()}
    tools = ("imagegroup", "numpy", "opencv-python-headless", "scikit-learn")
    rows = [*values.items(), *orb.items(), *((tool, version(tool)) for tool in tools)]
    return _table(("setting", "value"), [(name, _short(value)) for name, value in rows])


def _short(value: object) -> object:
    is_range = (
        isinstance(value, tuple) and len(value) > 2 and value[-1] - value[0] == len(value) - 1
    )
    return f"{value[0]} to {value[-1]}" if is_range else str(value)
