"""Names are shown, written to a table and made into file names without harm."""

from __future__ import annotations

import csv
import io
import json
import ntpath
import os
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hostile_names import HOSTILE_NAMES, each_hostile_name
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegroup.names import csv_cell, display_name, safe_component

any_text = st.text(st.characters())  # lone surrogates too
DANGEROUS = {"Cc", "Cs", "Zl", "Zp"}
DIRECTION = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

if hasattr(ntpath, "isreserved"):  # Python 3.13
    is_reserved = ntpath.isreserved
else:

    def is_reserved(name):
        return PureWindowsPath(name).is_reserved()


def assert_shown(text):
    text.encode("utf-8")
    assert not {unicodedata.category(c) for c in text} & DANGEROUS
    assert not DIRECTION & set(text)


def test_the_list_holds_real_names():
    assert len(set(HOSTILE_NAMES)) == len(HOSTILE_NAMES) > 90
    assert all(0 < len(os.fsencode(name)) <= 255 for name in HOSTILE_NAMES)
    assert not any("/" in name or "\0" in name for name in HOSTILE_NAMES)


@each_hostile_name
def test_a_hostile_name_is_shown(name):
    shown = display_name(name)
    assert_shown(shown)
    assert display_name(shown) == shown
    assert shown.count("$") == name.count("$")
    assert json.loads(json.dumps(shown)) == shown
    assert len(display_name(name, max_chars=20)) <= 20


@given(any_text)
def test_any_text_is_shown(text):
    shown = display_name(text)
    assert_shown(shown)
    assert display_name(shown) == shown
    if text.isascii() and text.isprintable():
        assert shown == text


@given(any_text, st.integers(0, 40))
def test_a_long_name_is_shortened_in_its_middle(text, most):
    whole, short = display_name(text), display_name(text, max_chars=most)
    if len(whole) <= most:
        assert short == whole
    else:
        start, end = short.split("…", 1) if "…" not in whole else ("", "")
        assert len(short) == max(most, 1)
        assert whole.startswith(start)
        assert whole.endswith(end)


def test_paths_and_bytes_are_names_too():
    assert display_name(PurePosixPath("a/b\n.jpg")) == r"a/b\n.jpg"
    assert display_name(os.fsdecode(b"caf\xe9")) == r"caf\udce9"


@each_hostile_name
def test_a_hostile_name_is_no_formula(name):
    out = io.StringIO()
    csv.writer(out).writerow([csv_cell(name), "next"])
    out.seek(0)
    ((cell, following),) = csv.reader(out)
    assert following == "next"
    assert cell.strip()[:1] not in set("=+-@＝＋－＠")
    assert csv_cell(cell) == cell
    assert cell.removeprefix("'") == display_name(name).removeprefix("'")


def assert_safe(component):
    assert 1 <= len(component.encode("utf-8")) <= 200
    assert component not in {".", ".."}
    assert PureWindowsPath(component).parts == PurePosixPath(component).parts == (component,)
    assert not is_reserved(component)
    assert not set('<>:"/\\|?*') & set(component)
    assert component[-1] not in ". "
    assert component[0] != "-"
    assert unicodedata.is_normalized("NFC", component)
    assert_shown(component)
    assert safe_component(component) == component


@each_hostile_name
def test_a_hostile_name_becomes_a_safe_component(name, tmp_path):
    component = safe_component(name)
    assert_safe(component)
    (tmp_path / component).touch()
    assert [file.name for file in tmp_path.iterdir()] == [component]


@settings(max_examples=500)
@given(any_text)
def test_any_text_becomes_a_safe_component(text):
    assert_safe(safe_component(text))


@settings(max_examples=300)
@given(
    st.sampled_from(
        ["con", "Prn", "AUX ", "nul", "COM1", "lpt²", "..", "-", "~", "é" * 99, "x" * 199]
    ),
    any_text,
    st.sampled_from(
        ["", ".", " ", ".jpg", ".tar.gz", "\u0338", ". .", "." + "e" * 30, "~12345678.jpg"]
    ),
)
def test_text_near_the_rules_becomes_a_safe_component(start, middle, end):
    assert_safe(safe_component(start + end))
    assert_safe(safe_component(start + middle + end))


@pytest.mark.slow
@settings(max_examples=100_000, deadline=None)
@given(any_text)
def test_any_of_many_texts_becomes_a_safe_component(text):
    assert_safe(safe_component(text))


@pytest.mark.parametrize(
    "text", ["beach.jpg", "Ünïcödé 2.JPG", ".hidden", "日本語.png", "a (2).jpg"]
)
def test_an_ordinary_name_stays(text):
    assert safe_component(text) == text


def test_long_names_stay_apart_and_keep_their_extension():
    one, other = (safe_component("x" * 300 + end) for end in ("1.jpg", "2.jpg"))
    assert one != other
    assert one.endswith(".jpg")
    assert len(one.encode()) == len(other.encode()) == 200
