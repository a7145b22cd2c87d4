"""GetSystemDateAndTime (ONVIF Core 8.3.9): the camera's clock, which it tells without a login."""

from datetime import UTC, datetime

from adapters.cameras.onvif.markup import Element, UnreadableMarkup, read_markup

PATH = "/onvif/device_service"
CONTENT_TYPE = "application/soap+xml; charset=utf-8"
QUESTION = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    b'<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>'
    b"</s:Body></s:Envelope>"
)
_DATE = ("Year", "Month", "Day")
_TIME = ("Hour", "Minute", "Second")


def read_time(raw: bytes) -> float | None:
    """Unix time of the answer, in whole seconds; None: it tells no time of UTC."""
    try:
        told = read_markup(raw).first("SystemDateAndTime", "UTCDateTime")
    except UnreadableMarkup:
        return None
    if told is None:
        return None
    try:
        year, month, day = (_number(told, "Date", name) for name in _DATE)
        hour, minute, second = (_number(told, "Time", name) for name in _TIME)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _number(told: Element, *names: str) -> int:
    text = told.says(*names)
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise ValueError
    return int(text)


def offset(told_s: float, asked_s: float, answered_s: float) -> float:
    """How far the camera's clock is ahead; it tells whole seconds, so half of one is added."""
    return told_s + 0.5 - (asked_s + answered_s) / 2
