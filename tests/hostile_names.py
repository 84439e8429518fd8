"""File names that break naive programs: one list for every surface that shows or writes a name.

`@each_hostile_name` gives a test the parameter `name`. All can be created on Linux, where bytes
that are not UTF-8 come as lone surrogates.
"""

from __future__ import annotations

import os

import pytest

_UNICODE = [
    "unicode_é.jpg",
    "e\u0301_decomposed.jpg",
    "日本語.jpg",
    "العربية.jpg",
    "emoji_😀🏳️\u200d🌈.jpg",
    "right_to_left_\u202egpj.exe",
    "isolate_\u2066x\u2069.jpg",
    "zero\u200bwidth.jpg",
    "no-break\u00a0space.jpg",
    "\ufeffmark.jpg",
    "stacked_" + "a\u0300" * 20 + ".jpg",
    "beyond_𝒳.jpg",
    "line\u2028separator.jpg",
    "fullwidth＝1+1.jpg",
]
_CONTROL = [
    "new\nline.jpg",
    "carriage\rreturn.jpg",
    "tab\there.jpg",
    "bell\x07.jpg",
    "esc\x1b[31mred\x1b[0m.jpg",
    "title\x1b]0;owned\x07.jpg",
    "c1\x9b31m.jpg",
    "del\x7f.jpg",
]
_SHELL = [
    "-rf",
    "--help.jpg",
    "~",
    "~root.jpg",
    "$(touch pwned).jpg",
    "`touch pwned`.jpg",
    "; touch pwned;.jpg",
    "a&b|c.jpg",
    "quote'\".jpg",
    "back\\slash.jpg",
    "..\\..\\evil.jpg",
    "*.jpg",
    "[abc].jpg",
    "#hash.jpg",
    "!bang.jpg",
    " leading space.jpg",
    "trailing space ",
    "...",
    "...jpg",
    ".jpg",
    "no extension",
]
_FORMAT = [
    "%s%n%x.jpg",
    "img%03d.jpg",
    "{0}{name}.jpg",
    "{{7*7}}.jpg",
    "cost_$5_and_$6.jpg",
    "$x^2$",
]
_FORMULA = [
    "=1+1.jpg",
    "=cmd|' C calc'!A0.jpg",
    "+1.jpg",
    "-1+1.jpg",
    "@SUM(1).jpg",
    " =1.jpg",
    "a,b;c.jpg",
]
_MARKUP = [
    "<img src=x onerror=alert(1)>.jpg",
    '"><script>alert(1)<\u2215script>.jpg',
    "x' onerror='alert(1).jpg",
    "&lt;b&gt;.jpg",
    "javascript:alert(1).jpg",
    "![md](x).jpg",
    "[link](javascript:alert(1)).jpg",
]
_WINDOWS = [
    "CON.jpg",
    "aux",
    "NUL .txt",
    "COM1.jpg",
    "LPT9.tar.gz",
    "COM¹.jpg",
    "CONIN$",
    "CLOCK$.jpg",
]
_WINDOWS += ["a:b.jpg", "C:evil.jpg", 'a"b?.jpg', "a<b>.jpg", "trailing.jpg.", "desktop.ini"]
_COLLIDING = [
    "Case.jpg",
    "case.jpg",
    "straße.jpg",
    "strasse.jpg",
    "ﬁle.jpg",
    "file.jpg",
    "K.jpg",
    "\u212a.jpg",
]
_COLLIDING += ["caf\u00e9.jpg", "cafe\u0301.jpg"]
_NOT_UTF8 = [
    os.fsdecode(name)
    for name in (
        b"latin1_caf\xe9.jpg",
        b"bad_\xff\xfe.jpg",
        b"\x80.jpg",
        b"overlong_\xc0\xaf.jpg",
        b"surrogate_\xed\xa0\x80.jpg",
        b"cut_\xe2\x82.jpg",
        b"sjis_\x93\xfa\x96{.jpg",
    )
]
_LONG = ["x" * 251 + ".jpg", "é" * 125 + ".jpg", "y" * 255, os.fsdecode(b"\xff" * 255)]
_OURS = [
    "cluster_00",
    "no_features",
    "clusters.csv",
    "run.json",
    ".x.imagegroup-0.partial",
    ".hidden",
]

HOSTILE_NAMES = tuple(
    _UNICODE + _CONTROL + _SHELL + _FORMAT + _FORMULA + _MARKUP + _WINDOWS + _COLLIDING
    + _NOT_UTF8 + _LONG + _OURS
)  # fmt: skip

each_hostile_name = pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda n: ascii(n)[1:31])
