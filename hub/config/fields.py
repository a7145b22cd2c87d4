"""The kinds of values that epihub.toml holds, each with its bounds."""

import ipaddress
import unicodedata
import zoneinfo
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from hub.facts import ID_PATTERN
from hub.places import LAST_DAY_OF_DISTRICTS, register
from hub.secret import open_to_others

LONGEST_TOPIC_BYTES = 1024  # far above what a device publishes to; the standard allows 65,535


def wrong(text: str) -> PydanticCustomError:
    """An error whose text is shown as it is; it must not repeat the value."""
    return PydanticCustomError("epihub", "{text}", {"text": text})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``; any name but localhost may be reached by others."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _printable(text: str) -> str:
    if not text.isprintable():
        raise wrong("has characters that cannot be shown")
    return unicodedata.normalize("NFC", text)


def _timezone(name: str) -> str:
    known = zoneinfo.available_timezones()
    if name not in known:
        raise PydanticCustomError("near", "no time zone of this name", {"near_to": sorted(known)})
    return name


def _district(code: str) -> str:
    """One that there was on any day: a site keeps the district that it was put into."""
    if register().district(code) is None:
        ours = [unit.code for unit in register().districts(LAST_DAY_OF_DISTRICTS)]
        raise PydanticCustomError("near", "no district of this code", {"near_to": ours})
    return code


def _placed(path: Path, info: ValidationInfo) -> Path:
    """Relative to the folder of the file, so that the working directory of a service does not matter."""
    base: Path = (info.context or {}).get("base", Path())
    return base / path


def _present(path: Path, info: ValidationInfo) -> Path:
    path = _placed(path, info)
    if not path.is_file():
        raise wrong("no such file")
    return path


def _private(path: Path, info: ValidationInfo) -> Path:
    path = _present(path, info)
    if open_to_others(path):
        raise wrong("a private key that is open to others: chmod 600 it")
    return path


def url_of(*schemes: str) -> AfterValidator:
    """A URL of one of ``schemes`` with a host and without a password in it."""

    def check(text: str) -> str:
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise wrong("not a URL") from error
        if parts.scheme not in schemes or not host:
            raise wrong(f"must be a URL that begins with {' or '.join(f'{s}://' for s in schemes)}")
        if parts.password is not None:
            raise wrong("a password must not stand in a URL: use the key password")
        return text

    return AfterValidator(check)


def _topic_filter(text: str) -> str:
    """An MQTT filter that a device may publish to (3.1.1 section 4.7, and what NATS can carry)."""
    levels = text.split("/")
    if len(text.encode()) > LONGEST_TOPIC_BYTES or not text.isprintable():
        raise wrong("not a topic: too long, or with characters that cannot be shown")
    if " " in text:
        raise wrong("a space in a topic: the bus closes connections that publish to it")
    if levels[0] in {"epihub", "#", "+"} or levels[0].startswith("$"):
        raise wrong("must name its first level, and not epihub or one with $: those are not for devices")
    if "#" in levels[:-1] or any(len(level) > 1 and {"#", "+"} & set(level) for level in levels):
        raise wrong("+ stands for a whole level, # for all that follow and only at the end")
    return text


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Flag = Annotated[bool, Field(strict=True)]
Timezone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_timezone)]
District = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$"), AfterValidator(_district)]
Folder = Annotated[Path, AfterValidator(_placed)]
File = Annotated[Path, AfterValidator(_present)]
PrivateFile = Annotated[Path, AfterValidator(_private)]
TopicFilter = Annotated[str, StringConstraints(min_length=1), AfterValidator(_topic_filter)]
