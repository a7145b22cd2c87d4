"""Which characters a message's bytes stand for.

Order: what the device's configuration says, MSH-18, strict UTF-8, Windows-1258 (Vietnamese), and
Latin-1, which reads anything and loses nothing. Decoding comes before cutting, because the second
byte of a GB 18030 or JIS character may look like a delimiter.
"""

# HL7 table 0211, and what machines write instead of it (Mindray sends "UNICODE").
_DECLARED = {
    "ASCII": "utf-8",  # a superset: analyzers that declare ASCII send UTF-8 names all the same
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GB 18030-2000": "gb18030",
    "BIG-5": "big5",
    "KS X 1001": "euc_kr",
    "ISO IR14": "iso2022_jp",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
} | {f"8859/{part}": f"iso8859_{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)}


def decode(raw: bytes, override: str = "", declared: str = "") -> tuple[str, str]:
    """The text of ``raw`` and the Python codec that read it; never fails."""
    for charset in (override, _DECLARED.get(declared.upper(), ""), "utf-8", "cp1258"):
        if charset:
            try:
                return raw.decode(charset), charset
            except UnicodeDecodeError:
                continue
    return raw.decode("latin-1"), "latin-1"


def is_utf_16(raw: bytes) -> bool:
    """Whether text is UTF-16: by its mark, or ASCII of which every other byte is zero."""
    begin = raw[:64]
    zeros = begin[1::2]
    return begin.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        len(zeros) > 1 and not any(zeros) and all(begin[0::2])
    )


def decode_text(raw: bytes, override: str = "") -> str:
    """The text of a file that a program wrote; UTF-16 (GeneXpert Dx) and marks are known. Never fails."""
    if is_utf_16(raw):
        charset = "utf-16-be" if raw.startswith(b"\xfe\xff") else "utf-16-le"
        text = raw.decode(charset, "replace")
    else:
        text, _ = decode(raw.removeprefix(b"\xef\xbb\xbf"), override)
    return text.removeprefix("\ufeff").replace("\x00", "")


def declared_codec(name: str) -> str:
    """The Python codec of a charset of MSH-18; empty when nobody knows it."""
    return _DECLARED.get(name.upper(), "")


def is_usable(charset: str) -> bool:
    """Whether ``charset`` names a text codec in which the ASCII of an MSH segment reads as itself."""
    try:
        return b"MSH|^~\\&".decode(charset) == "MSH|^~\\&"
    except (LookupError, ValueError):  # a name with a NUL in it is a ValueError
        return False
