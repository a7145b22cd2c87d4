"""What replies mean: nothing but lines that a database explains is ever rejected."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.influx.answers import answer_of, explanation, retry_after
from storage.influx.server import Answer, Away, BadLines, Busy, Refused, TooLarge, Written

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NGINX = b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>"


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (204, b"", Written()),
        (202, b"", Written()),
        (200, b"<html>a login page</html>", Refused("not_a_time_series_server")),
        (400, b'{"error":"partial write: bad timestamp"}\n', BadLines("partial write: bad timestamp")),
        (422, b'{"code":"unprocessable entity","message":"too old"}', BadLines("too old")),
        (400, NGINX, Refused("not_understood")),
        (400, b"", Refused("not_understood")),
        (413, b"", TooLarge()),
        (401, b'{"error":"unable to parse authentication credentials"}', Refused("unauthorized")),
        (403, b"", Refused("forbidden")),
        (404, b'{"error":"database not found: \\"x\\""}', Refused("not_found")),
        (301, b"", Refused("redirected")),
        (500, b'{"error":"retention policy not found: x"}', Refused("retention_policy_not_found")),
        (500, b'{"error":"timeout"}', Away("http_500")),
        (502, b"", Away("http_502")),
        (418, b"", Away("http_418")),
        (503, b"", Busy(None)),
        (429, b"", Busy(None)),
    ],
)
def test_what_a_reply_means(status: int, body: bytes, answer: Answer) -> None:
    assert answer_of(status, {}, body) == answer


def test_a_server_that_asks_to_wait() -> None:
    assert answer_of(429, {"Retry-After": "7"}, b"") == Busy(7.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("301", 300),
        ("9" * 5000, 300),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=1), usegmt=True), 300),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("Mon, 99 Foo 99999 99:99:99 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


@given(st.text(max_size=60))
def test_any_retry_after_is_bounded_or_nothing(text: str) -> None:
    found = retry_after(text, NOW)
    assert found is None or 0 <= found <= 300


@given(st.integers(100, 599), st.binary(max_size=300))
def test_any_reply_means_something(status: int, body: bytes) -> None:
    answer = answer_of(status, {}, body)
    if isinstance(answer, BadLines):
        assert status in {400, 422}
        assert 0 < len(answer.reason) <= 200
        assert answer.reason.isprintable()


def test_an_explanation_is_found_however_much_follows() -> None:
    said = b'{"error":"unable to parse \'' + b"x" * 100_000
    assert explanation(said) == "unable to parse '" + "x" * 183


def test_an_explanation_has_no_line_of_a_terminal() -> None:
    assert explanation(b'{"message":"a\\u001b[2Jb\\nc \\u0111\\u1ed9"}') == "a [2Jb c độ"
    assert explanation(b'{"message":"half an escape \\u00') == "half an escape \\u00"
