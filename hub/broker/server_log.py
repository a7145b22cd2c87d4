"""What of the NATS server's log may reach ours: warnings and errors, without anybody's bytes."""

import logging
import re
from collections.abc import Container

_LINE = re.compile(r"\[\d+\] \S+ \S+ \[(WRN|ERR|FTL)\] (.*)")
_CRASH = re.compile(r"(panic|fatal error): ")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"?|(?<=SID )\S+')
_LEVELS = {"WRN": logging.WARNING, "ERR": logging.ERROR, "FTL": logging.CRITICAL}
_LONGEST = 300
# Passwords are plain in the configuration because both ends are ours and the file is 0600.
_EXPECTED = ("Plaintext passwords detected",)

# nats-server 2.11 server/filestore.go and server/jetstream_api.go: after either it takes nothing more.
_NO_WAY_ON = ("Critical write error", "JetStream out of resources, will be DISABLED")


def no_way_on(text: str) -> bool:
    """Whether a server that says this stores nothing more before it is started again (a full disk)."""
    return any(words in text for words in _NO_WAY_ON)


def readable(line: bytes, names: Container[str]) -> tuple[int, str] | None:
    """(logging level, text) of a line worth logging, else None.

    NATS quotes client ids, topics and protocol bytes, which come from devices, and gives a filter as SID:
    each is blanked unless it is one of ``names`` (our account names).
    """
    text = line.decode("ascii", "replace").strip()
    found = _LINE.fullmatch(text)
    if found is None:
        return (logging.CRITICAL, "the broker crashed") if _CRASH.match(text) else None
    level, message = found.groups()
    if message.startswith(_EXPECTED):
        return None
    shown = _QUOTED.sub(lambda part: part[0] if part[1] in names else '"…"', message)
    return _LEVELS[level], "".join(each if each.isprintable() else "?" for each in shown[:_LONGEST])
