"""Why a file is not read: a closed list, with a sentence and a remedy for each reason."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class SkipReason(enum.Enum):
    """Why a file is skipped. The value is a short word for tables and JSON.

    Attributes
    ----------
    value : str
        The reason in kebab case.
    sentence, remedy : str
        What is the matter, and what the owner of the file can do.

    Examples
    --------
    >>> SkipReason("heic").remedy
    'Export it as JPEG.'
    """

    sentence: str
    remedy: str

    EMPTY = "empty", "The file is empty.", "Copy it again from where it came."
    NOT_AN_IMAGE = "not-an-image", "Its content is not an image.", "Nothing to do."
    SYSTEM_FILE = "system-file", "A hidden or system file, not an image.", "Nothing to do."
    SAME_FILE = "same-file", "A second name of a file already listed.", "Nothing to do."
    HEIC = "heic", "A HEIC photo, which OpenCV cannot read.", "Export it as JPEG."
    RAW = "raw", "A camera raw file, which OpenCV cannot read.", "Develop it and export a JPEG."
    VIDEO = "video", "A video.", "Export single frames as JPEG."
    VECTOR = "vector", "A vector drawing, such as SVG or EPS.", "Export it as PNG."
    DOCUMENT = "document", "A document or an archive.", "Export its pages, or unpack it."
    HTML = "html", "A web page saved in place of an image.", "Download the image again."
    LFS_POINTER = "lfs-pointer", "A git-lfs pointer, not the image itself.", "Run: git lfs pull"
    UNSUPPORTED_FORMAT = (
        "unsupported-format",
        "An image format that this program or this OpenCV does not read.",
        "Export it as JPEG or PNG, or update OpenCV if the detail asks for it.",
    )
    CORRUPT = "corrupt", "The file is damaged or incomplete.", "Copy it again, or restore a backup."
    UNDECODABLE = (
        "undecodable",
        "OpenCV cannot decode it: damaged, or an unusual variant.",
        "Open it in an image program and save it as JPEG or PNG.",
    )
    TOO_LARGE = (
        "too-large",
        "Decoding it would take more than the limits allow.",
        "Save a smaller copy, or raise the limit.",
    )
    FILE_TOO_LARGE = (
        "file-too-large",
        "The file has more bytes than the limit.",
        "Save a smaller copy, or raise the limit.",
    )
    NOT_A_FILE = "not-a-file", "Not a regular file: a pipe, socket or device.", "Nothing to do."
    SYMLINK = "symlink", "A symbolic link; links are not followed.", "Give the folder it leads to."
    PERMISSION = "permission", "It may not be read.", "Change its permissions (chmod u+r)."
    VANISHED = "vanished", "It was gone when it was to be read.", "Run again."
    CHANGED = "changed-while-reading", "It changed while it was read.", "Run again when it is done."
    PATH_TOO_LONG = "path-too-long", "Its path is too long.", "Move it to a shallower folder."
    READ_ERROR = "read-error", "The disk or network failed to deliver it.", "Check the disk."
    MEMORY = "memory", "Memory ran out.", "Close other programs, or give fewer jobs."

    def __new__(cls, value: str, sentence: str, remedy: str) -> SkipReason:
        """Keep the first text as the value, the others beside it."""
        member = object.__new__(cls)
        member._value_ = value
        member.sentence, member.remedy = sentence, remedy
        return member


class Skipped(Exception):
    """A file that is not read.

    Parameters
    ----------
    reason : SkipReason
        Why.
    detail : str
        What was seen, for example ``"20000 x 20000 px"``; may be empty.

    Examples
    --------
    >>> print(Skipped(SkipReason.EMPTY))
    empty: The file is empty. Copy it again from where it came.
    """

    def __init__(self, reason: SkipReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail

    def __str__(self) -> str:
        """Say what is the matter and what to do."""
        seen = f" ({self.detail})" if self.detail else ""
        return f"{self.reason.value}{seen}: {self.reason.sentence} {self.reason.remedy}"


@dataclass(frozen=True)
class SkippedFile:
    """A file of a listed folder that is not read.

    Parameters
    ----------
    path : str
        Relative to the folder, with ``/``; bytes that are not UTF-8 as lone surrogates.
    reason : SkipReason
        Why.
    detail : str
        What was seen; may be empty.
    """

    path: str
    reason: SkipReason
    detail: str = ""


NOT_READ = (
    (b"8BPS", SkipReason.UNSUPPORTED_FORMAT, "Photoshop"),
    (b"gimp xcf", SkipReason.UNSUPPORTED_FORMAT, "GIMP"),
    (b"\xff\x0a", SkipReason.UNSUPPORTED_FORMAT, "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", SkipReason.UNSUPPORTED_FORMAT, "JPEG XL"),
    (b"v/1\x01", SkipReason.UNSUPPORTED_FORMAT, "OpenEXR"),
    (b"#?R", SkipReason.UNSUPPORTED_FORMAT, "Radiance HDR"),
    (b"PF\n", SkipReason.UNSUPPORTED_FORMAT, "PFM"),
    (b"Pf\n", SkipReason.UNSUPPORTED_FORMAT, "PFM"),
    (b"P7\n", SkipReason.UNSUPPORTED_FORMAT, "PAM"),
    (b"\x59\xa6\x6a\x95", SkipReason.UNSUPPORTED_FORMAT, "Sun raster"),
    (b"\0\0\1\0", SkipReason.UNSUPPORTED_FORMAT, "icon"),
    (b"\0\0\2\0", SkipReason.UNSUPPORTED_FORMAT, "cursor"),
    (b"icns", SkipReason.UNSUPPORTED_FORMAT, "icon"),
    (b"DDS ", SkipReason.UNSUPPORTED_FORMAT, "DDS"),
    (b"qoif", SkipReason.UNSUPPORTED_FORMAT, "QOI"),
    (b"FUJIFILMCCD-RAW", SkipReason.RAW, "Fujifilm RAF"),
    (b"IIRO", SkipReason.RAW, "Olympus ORF"),
    (b"IIRS", SkipReason.RAW, "Olympus ORF"),
    (b"IIU\0", SkipReason.RAW, "Panasonic RW2"),
    (b"FOVb", SkipReason.RAW, "Sigma X3F"),
    (b"\0MRM", SkipReason.RAW, "Minolta MRW"),
    (b"\x1aE\xdf\xa3", SkipReason.VIDEO, "Matroska or WebM"),
    (b"FLV\1", SkipReason.VIDEO, "Flash"),
    (b"\0\0\1\xba", SkipReason.VIDEO, "MPEG"),
    (b"\0\0\1\xb3", SkipReason.VIDEO, "MPEG"),
    (b"%!PS", SkipReason.VECTOR, "EPS"),
    (b"\xc5\xd0\xd3\xc6", SkipReason.VECTOR, "EPS"),
    (b"%PDF", SkipReason.DOCUMENT, "PDF"),
    (b"PK\3\4", SkipReason.DOCUMENT, "ZIP, also Office files"),
    (b"\xd0\xcf\x11\xe0", SkipReason.DOCUMENT, "old Office file"),
    (b"Rar!", SkipReason.DOCUMENT, "RAR"),
    (b"7z\xbc\xaf", SkipReason.DOCUMENT, "7-Zip"),
    (b"\x1f\x8b", SkipReason.DOCUMENT, "gzip"),
    (b"version https://git-lfs", SkipReason.LFS_POINTER, ""),
)
"""What starts a file that is recognised and not read."""
