"""Lines for machines and people, and what must never stand in them."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import DeviceUnavailable
from hub.logs import LONGEST_TEXT, Handler, JsonFormatter, TerminalFormatter, clean, error_text
from hub.rate_limit import RateLimit


class Spoken(Handler):
    def __init__(self, formatter: logging.Formatter, burst: int = 1000) -> None:
        self.told = io.StringIO()
        super().__init__(self.told, formatter, RateLimit(burst=burst))

    @property
    def lines(self) -> list[str]:
        return self.told.getvalue().splitlines()

    @property
    def last(self) -> dict[str, Any]:
        entry: dict[str, Any] = json.loads(self.lines[-1])
        return entry


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    logger = logging.getLogger("hub.streams.tcp")
    logger.propagate = False
    logger.setLevel("DEBUG")
    yield logger
    logger.propagate = True
    logger.setLevel("NOTSET")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)


@pytest.fixture
def spoken(log: logging.Logger) -> Spoken:
    handler = Spoken(JsonFormatter())
    log.addHandler(handler)
    return handler


def test_a_line_for_machines(log: logging.Logger, spoken: Spoken) -> None:
    log.info("session opened", extra={"device": "genexpert-01", "peers": ("10.0.0.1", 2), "took_ms": 1.5})
    entry = spoken.last
    assert entry.pop("ts").endswith("Z")
    assert entry == {
        "level": "info",
        "event": "session opened",
        "logger": "hub.streams.tcp",
        "device": "genexpert-01",
        "peers": "10.0.0.1, 2",
        "took_ms": 1.5,
    }


def test_a_line_for_people(log: logging.Logger) -> None:
    handler = Spoken(TerminalFormatter(colour=False))
    log.addHandler(handler)
    log.warning("spool is filling", extra={"percent": 80, "what": "a disk\x1b[2J=x"})
    assert handler.lines[0][8:] == ' WARNING spool is filling  percent=80  what="a disk\\\\x1b[2J=x"'


def test_colour_only_where_it_is_wanted(log: logging.Logger) -> None:
    handler = Spoken(TerminalFormatter(colour=True))
    log.addHandler(handler)
    log.error("broken")
    assert "\x1b[31mERROR  \x1b[0m broken" in handler.lines[0]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Nguyễn 0912345678 x", "Nguyễn [number] x"),
        ("cccd:075093012345", "cccd:[number]"),
        ("cmnd 271234567.", "cmnd [number]."),
        ("+84912345678", "+[number]"),
        ("٠٩١٢٣٤٥٦٧٨", "[number]"),
        ("12345678 and 1626300000123", "12345678 and 1626300000123"),
        ("192.168.100.200 2021-07-15T10:22:33", "192.168.100.200 2021-07-15T10:22:33"),
        ("0179f0a1-2b3c-8def-8abc-123456789012", "0179f0a1-2b3c-8def-8abc-123456789012"),
        ("a123456789bcdef0", "a123456789bcdef0"),
        ("a\r\nb\x1b[2J\u202e\u2028\x9b\ud800", "a\\r\\nb\\x1b[2J\\u202e\\u2028\\x9b\\ud800"),
        ("%s {} ${jndi:ldap://x}", "%s {} ${jndi:ldap://x}"),
        ("x" * 195 + "075093012345", "x" * 195 + "…"),
    ],
)
def test_texts_are_safe_to_show(said: str, shown: str) -> None:
    assert clean(said) == shown


@given(st.text() | st.text("0123456789 -a\n", min_size=150, max_size=400))
def test_any_text_is_one_short_printable_line(text: str) -> None:
    shown = clean(text)
    assert shown.isprintable()
    assert len(shown) <= LONGEST_TEXT * 10
    shown.encode()


@given(
    st.text(max_size=300).filter(lambda text: not text[-1:].isdigit()),
    st.from_regex(r"[0-9]{9,10}|[0-9]{12}", fullmatch=True),
    st.text(max_size=300).filter(lambda text: not text[:1].isdigit()),
)
def test_no_number_of_a_person_is_shown(before: str, number: str, after: str) -> None:
    assert number not in clean(before + number + after)


def test_what_is_no_plain_value_is_named_by_its_type(log: logging.Logger, spoken: Spoken) -> None:
    extra = {
        "raw": b"PID|Nguyen",
        "patient": {"name": "x"},
        "nan": float("nan"),
        "event": "forged",
        "none": None,
    }
    log.info("odd", extra=extra)
    entry = spoken.last
    assert (entry["raw"], entry["patient"], entry["nan"], entry["none"]) == ("<bytes>", "<dict>", "nan", None)
    assert entry["event"] == "odd"


def test_fields_are_counted(log: logging.Logger, spoken: Spoken) -> None:
    log.info("many", extra={f"field{n}": n for n in range(100)})
    assert spoken.last["fields_left_out"] == 76


def test_an_error_tells_places_but_not_what_a_device_sent(log: logging.Logger, spoken: Spoken) -> None:
    try:
        try:
            float("Nguyễn Thị Hoa")
        except ValueError as error:
            raise DeviceUnavailable("10.1.2.3:2575: no answer") from error
    except DeviceUnavailable:
        log.exception("lost")
    entry = spoken.last
    assert entry["error"] == "DeviceUnavailable: 10.1.2.3:2575: no answer < ValueError"
    assert "test_logs.py:" in entry["at"]
    assert "Hoa" not in spoken.lines[-1]


def test_system_errors_say_what_but_not_which_file() -> None:
    assert error_text(FileNotFoundError(2, "No such file", "Nguyen.hl7")) == "FileNotFoundError: No such file"


def test_asyncio_does_not_show_an_errors_text(log: logging.Logger, spoken: Spoken) -> None:
    log.error("Task exception was never retrieved\nfuture: <Task exception=ValueError('Nguyễn')>")
    assert spoken.last["event"] == "Task exception was never retrieved"


def test_arguments_that_do_not_fit_are_not_shown(spoken: Spoken, capsys: pytest.CaptureFixture[str]) -> None:
    # Straight to our handler: pytest's own one raises at such a record.
    spoken.handle(logging.makeLogRecord({"msg": "seen %d", "args": ("Nguyễn",)}))
    assert spoken.last["event"] == "seen %d"
    assert capsys.readouterr().err == ""


def test_repetition_is_told_as_a_count(log: logging.Logger) -> None:
    handler = Spoken(JsonFormatter(), burst=2)
    log.addHandler(handler)
    for n in range(5):
        log.warning("refused", extra={"n": n})
    log.info("other")
    assert [json.loads(line)["event"] for line in handler.lines] == ["refused", "refused", "other"]
    handler.close()
    assert handler.last | {"ts": ""} == {
        "ts": "",
        "level": "warning",
        "event": "refused",
        "logger": "hub.streams.tcp",
        "suppressed": 3,
    }


@pytest.mark.parametrize(
    "where",
    ["raise ValueError(name)", "t = threading.Thread(target=float, args=[name]); t.start(); t.join()"],
)
def test_a_crash_is_one_line_without_the_errors_text(where: str) -> None:
    code = f"import threading; from hub.logs import setup; setup(); name = 'Nguyễn'; {where}"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr
    entry = json.loads(told)
    assert (entry["level"], entry["event"], entry["error"]) == ("critical", "crashed", "ValueError")
    assert "Nguyễn" not in told
