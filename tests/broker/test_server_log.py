"""What of the server's log reaches ours."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.broker.server_log import readable

HEAD = b"[7] 2021/09/01 08:00:00.000001 "


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"[INF] Server is ready", None),
        (b"[DBG] something", None),
        (b"[WRN] Plaintext passwords detected, use nkeys or bcrypt", None),
        (b"[WRN] JetStream is slow", (logging.WARNING, "JetStream is slow")),
        (b"[FTL] no space left", (logging.CRITICAL, "no space left")),
        (
            b'[ERR] 127.0.0.1:5 - mid:9 - "Nguyen Van A" - Publish Violation - User "edge-1", Subject "x.y"',
            (logging.ERROR, '127.0.0.1:5 - mid:9 - "…" - Publish Violation - User "edge-1", Subject "…"'),
        ),
        (
            b'[ERR] 127.0.0.1:5 - mid:9 - "edge-1" - Subscription Violation - Subject "s", SID ten.benh-nhan',
            (logging.ERROR, '127.0.0.1:5 - mid:9 - "edge-1" - Subscription Violation - Subject "…", SID "…"'),
        ),
        (b'[ERR] parser: "cut \\"off', (logging.ERROR, 'parser: "…"')),
    ],
)
def test_only_trouble_and_nobodys_words(line: bytes, expected: tuple[int, str] | None) -> None:
    assert readable(HEAD + line + b"\n", {"edge-1"}) == expected


def test_a_crash_is_told_without_its_values() -> None:
    assert readable(b"panic: runtime error: secret\n", ()) == (logging.CRITICAL, "the broker crashed")
    assert readable(b"goroutine 1 [running]:\n", ()) is None


@given(st.binary(max_size=200), st.binary(max_size=99))
def test_hostile_lines_are_one_short_printable_line(start: bytes, rest: bytes) -> None:
    for line in (start, HEAD + b"[ERR] " + rest, HEAD + b"[ERR] " + rest * 100):
        entry = readable(line, ())
        if entry is not None:
            assert len(entry[1]) <= 300
            assert entry[1].isprintable()
