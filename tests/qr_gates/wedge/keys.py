"""Key strokes as the kernel tells them, of a scanner that types by the US layout."""

from collections.abc import Iterable

from adapters.qr_gates.scanners.wedge import EVENT

SHIFT, CONTROL, CAPS_LOCK, ENTER, KEY_J = 42, 29, 58, 28, 36
SYN, KEY = 0, 1
UP, DOWN, HELD = 0, 1, 2
_PLAIN = {
    2: "1234567890-=",
    16: "qwertyuiop[]",
    30: "asdfghjkl;'`",
    43: "\\zxcvbnm,./",
    57: " ",
}
_SHIFTED = {2: "!@#$%^&*()_+", 16: "QWERTYUIOP{}", 30: 'ASDFGHJKL:"~', 43: "|ZXCVBNM<>?"}
KEYS = {char: (first + at, False) for first, row in _PLAIN.items() for at, char in enumerate(row)}
KEYS |= {char: (first + at, True) for first, row in _SHIFTED.items() for at, char in enumerate(row)}


def event(kind: int, code: int, value: int) -> bytes:
    return EVENT.pack(1_700_000_000, 250_000, kind, code, value)


def stroke(key: int) -> bytes:
    """Down and up, each with the report that the kernel ends it with."""
    report = event(SYN, 0, 0)
    return event(4, 4, 458_756) + event(KEY, key, DOWN) + report + event(KEY, key, UP) + report


def held(key: int, strokes: bytes) -> bytes:
    return event(KEY, key, DOWN) + strokes + event(KEY, key, UP)


def keys(text: str, ends: Iterable[int] = (ENTER,)) -> bytes:
    """The strokes of ``text``; a letter that the layout has no key for is not typed."""
    strokes = []
    for char in text:
        if char in KEYS:
            key, shift = KEYS[char]
            strokes.append(held(SHIFT, stroke(key)) if shift else stroke(key))
    return b"".join([*strokes, *map(stroke, ends)])
