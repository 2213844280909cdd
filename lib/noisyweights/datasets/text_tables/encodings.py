"""How the bytes of a text file are to be read, found in one pass that also takes their checksum.

Packages that guess encodings weigh the languages of prose, which a table of numbers is not: its marks decide.
"""

import codecs
import hashlib
import re
from typing import BinaryIO, NamedTuple

__all__ = ["Encoding", "find_encoding"]

CHUNK = 1 << 20
HEAD = 1 << 16
_MARKS = (  # the longer ones first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")


class Encoding(NamedTuple):
    """Name of the codec, SHA-256 of the bytes, and a note where the text is not UTF-8."""

    codec: str
    sha256: str
    notes: tuple[str, ...]


def find_encoding(stream: BinaryIO) -> Encoding:
    """The encoding of a text: by its byte order mark, UTF-16 by its zeros, else UTF-8, else Windows-1252.

    Raises ValueError for a file that is empty, or no text.
    """
    head = stream.read(HEAD)
    codec, known = next(((codec, name) for mark, codec, name in _MARKS if head.startswith(mark)), ("", ""))
    codec = codec or _wide(head)
    if not head.strip() or not head.decode(codec or "latin-1", "replace").strip("\ufeff\0 \t\r\n"):
        raise ValueError("empty: it needs a column of samples")
    if head.startswith(b"PK\x03\x04"):
        raise ValueError("a spreadsheet or an archive: export the column as CSV")
    if not (codec and codec != "utf-8-sig") and _CONTROL.search(head):
        raise ValueError("a binary file: export the samples as text, one to a line")
    digest, decoder, bad = hashlib.sha256(), codecs.getincrementaldecoder(codec or "utf-8")(), None
    while True:
        digest.update(head)
        if bad is None:
            try:
                decoder.decode(head, final=not head)
            except UnicodeDecodeError as error:
                bad = error.object[error.start]
        if not head:
            break
        head = stream.read(CHUNK)
    if bad is None:
        named = known or codec.upper()
        notes = (f"{named} text",) if named not in ("", "UTF-8") else ()
        return Encoding(codec or "utf-8", digest.hexdigest(), notes)
    if codec:
        raise ValueError(f"damaged {known or codec.upper()} text (byte 0x{bad:02x}): save it as UTF-8")
    return Encoding("cp1252", digest.hexdigest(), (f"no UTF-8 (byte 0x{bad:02x}), so read as Windows-1252",))


def _wide(head: bytes) -> str:
    """UTF-16 without a byte order mark: every other byte of such a text of numbers is zero."""
    even, odd = head[0:HEAD:2], head[1:HEAD:2]
    if odd.count(0) > 0.9 * len(odd) and not even.count(0):
        return "utf-16-le"
    return "utf-16-be" if even.count(0) > 0.9 * len(even) and not odd.count(0) else ""
