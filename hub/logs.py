"""How the process speaks: one line an event, on standard error.

Code says ``log = logging.getLogger(__name__)`` and ``log.info("session opened", extra={"device": …})``:
a constant text, and the variable parts as fields. What leaves here is bounded, on one line and
without runs of 9, 10 or 12 digits (phone and identity numbers). Fields hold ids, codes, counts and
places of ours; bytes and objects are named by their type only, and of an error that is not ours
(neither EpihubError nor OSError) the text is left out, because it may quote what a device sent.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Literal, TextIO

from hub.errors import EpihubError
from hub.rate_limit import RateLimit

LONGEST_TEXT = 200
MOST_FIELDS = 24
MOST_FRAMES = 20
MASK = "[number]"
# 84… is a phone number with Vietnam's country code. Digits inside an id of ours (UUID, epoch,
# digest: lower-case hex, compared whole) are no such number.
_NUMBER = re.compile(r"(?<!\d)(?:84\d{9}|\d{9,10}|\d{12})(?!\d)")
_OUR_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{64}")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_COLOURS = {"WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[31m"}

Value = str | int | float | bool | None
Key = tuple[int, str, str]  # level, logger, text: what the limit counts


def setup(format: Literal["auto", "json", "terminal"] = "auto", level: str = "info") -> None:  # noqa: A002
    """Send everything the process logs to standard error; call it once, first of all."""
    terminal = format == "terminal" or (format == "auto" and sys.stderr.isatty())
    formatter = TerminalFormatter(colour=sys.stderr.isatty()) if terminal else JsonFormatter()
    logging.basicConfig(level=level.upper(), handlers=[Handler(sys.stderr, formatter)], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_crash
    threading.excepthook = lambda crash: _log_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)


class Handler(logging.StreamHandler[TextIO]):
    """Writes lines; repetitions of an event beyond the limit are counted and told later."""

    def __init__(
        self, stream: TextIO, formatter: logging.Formatter, limit: RateLimit[Key] | None = None
    ) -> None:
        super().__init__(stream)
        self.setFormatter(formatter)
        self.limit: RateLimit[Key] = limit or RateLimit()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, after what the limit kept back and may tell now."""
        allowed = self.limit.allows((record.levelno, record.name, str(record.msg)[:LONGEST_TEXT]))
        self._tell_suppressed()
        if allowed:
            super().emit(record)

    def close(self) -> None:
        """Tell what is still kept back, so that no count is lost."""
        self._tell_suppressed(at_once=True)
        super().close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Standard error is gone: nobody is left to tell, and the standard's own text would show values."""

    def _tell_suppressed(self, *, at_once: bool = False) -> None:
        for (level, name, text), count in self.limit.suppressed(at_once=at_once):
            notice = logging.makeLogRecord({"name": name, "levelno": level, "msg": text, "suppressed": count})
            notice.levelname = logging.getLevelName(level)
            super().emit(notice)


class JsonFormatter(logging.Formatter):
    """``{"ts": …, "level": …, "event": …, "logger": …, fields}``: for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; fields of the same name as ours do not win."""
        head = {
            "ts": _moment(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": event(record),
            "logger": record.name,
        }
        return json.dumps(
            head | {key: value for key, value in fields(record) if key not in head}, ensure_ascii=False
        )


class TerminalFormatter(logging.Formatter):
    """``20:14:03 WARNING text  field=value``: for people, in their own time."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self.colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """One line; colour by level if wanted."""
        start, stop = (_COLOURS.get(record.levelname, ""), "\x1b[0m") if self.colour else ("", "")
        told = "".join(f"  {key}={_quoted(value)}" for key, value in fields(record))
        time = _moment(record).astimezone()
        return f"{time:%H:%M:%S} {start}{record.levelname:<7}{stop if start else ''} {event(record)}{told}"


def event(record: logging.LogRecord) -> str:
    """What happened: the first line of the text; in the next ones asyncio shows values of objects."""
    try:
        text = record.getMessage()
    except (TypeError, ValueError, KeyError):
        text = str(record.msg)  # arguments that do not fit the text
    return clean(text.partition("\n")[0])


def fields(record: logging.LogRecord) -> Iterator[tuple[str, Value]]:
    """The record's extra fields, cleaned, and its error."""
    extra = [(key, value) for key, value in vars(record).items() if key not in _STANDARD]
    for key, value in extra[:MOST_FIELDS]:
        yield clean(key), _value(value)
    if len(extra) > MOST_FIELDS:
        yield "fields_left_out", len(extra) - MOST_FIELDS
    if record.exc_info and record.exc_info[1]:
        yield "error", error_text(record.exc_info[1])
        yield "at", _places(record.exc_info[2])


def clean(text: str) -> str:
    """A text that is safe to show: bounded, printable, without numbers that may name a person."""
    # A number that the cut would halve goes as a whole: its rest would not be recognised.
    short = text if len(text) <= LONGEST_TEXT else re.sub(r"\d*$", "…", text[: LONGEST_TEXT - 1], count=1)
    if _OUR_ID.fullmatch(short):
        return short
    masked = _NUMBER.sub(MASK, short)
    if masked.isprintable():
        return masked
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in masked)


def error_text(error: BaseException) -> str:
    """The error's type, and its text if it is one of ours or the system's, with those behind it."""
    chain = [error]
    while (cause := chain[-1].__cause__) and len(chain) < 4 and cause not in chain:
        chain.append(cause)
    return clean(" < ".join(_one_error(link) for link in chain))


def _one_error(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, EpihubError):
        return f"{name}: {error}"
    # Not str(error): it quotes the file's name, which a device may have chosen.
    return f"{name}: {error.strerror}" if isinstance(error, OSError) and error.strerror else name


def _value(value: object) -> Value:
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if value - value == 0 else str(value)  # JSON has no NaN
        case str() | PurePath():
            return clean(str(value))
        case BaseException():
            return error_text(value)
        case list() | tuple():
            return clean(", ".join(str(_value(item)) for item in value[:10]))
    return f"<{type(value).__name__}>"


def _quoted(value: Value) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if re.search(r'[\s"=]|^$', text) else text


def _places(trace: TracebackType | None) -> str:
    """Innermost last: ``hub/spool.py:12 append``, without the lines' text and values."""
    places: list[str] = []
    while trace:
        code = trace.tb_frame.f_code
        places.append(f"{'/'.join(PurePath(code.co_filename).parts[-2:])}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " > ".join(places[-MOST_FRAMES:])


def _moment(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _log_crash(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Instead of Python's own report, which prints the error's text whatever it holds."""
    if error and not isinstance(error, KeyboardInterrupt):
        logging.getLogger("hub").critical("crashed", exc_info=(kind, error, trace))
    elif error:
        sys.__excepthook__(kind, error, trace)
