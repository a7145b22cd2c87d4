"""Why a part is not well, in the reader's language; its process tells it in English, as logs have it."""

import re

from api.console.wording import Wording

_LIST = r"(?P<list>watch|positive|declared|doses)"
_PROJECTION = r"projection (?P<name>[a-z0-9_-]+): (?P<state>busy|refused|away|starting)\b"
# In this order: what holds others comes first. A sentence that nobody translated stays as it was told.
_SENTENCES = [
    (re.compile(sentence), f"part_reason.{key}")
    for key, sentence in {
        "starting": r"is starting\b(?! again)",
        "again": r"the (?:broker|hub's process) is starting again",
        "stuck": r"the event loop is stuck",
        "late": r"the event loop is late",
        "full": r"the quota or the disk is used up; devices get a negative answer",
        "quota": r"(?P<share>\d+)% of the quota is used",
        "weak_key": r"no province key here: pseudonyms are weak \((?P<command>[^)]*)\)",
        "no_bus_why": r"no connection to the bus \((?P<why>.*?)\); (?P<count>\d+) events wait",
        "no_bus": r"no connection to the bus; (?P<count>\d+) events wait",
        "no_receipt": r"no receipt of the hub moves; (?P<count>\d+) events wait in the spool",
        "partitions": r"(?P<held>\d+) of (?P<count>\d+) partitions of the bus are held",
        "orders": r"(?P<count>\d+) orders are open; from (?P<most>\d+) on new ones are refused",
        "forward_waits": r"(?P<name>[a-z0-9_-]+): (?P<count>\d+) wait \((?P<why>[^)]*)\)",
        "forward_dead": r"(?P<name>[a-z0-9_-]+): (?P<count>\d+) given up",
        "notices_dead": r"(?P<count>\d+) notices given up \((?P<command>[^)]*)\)",
        "channel": r"channel (?P<name>[a-z0-9_-]+) does not deliver \((?P<code>[\w.]+)\)",
        "heartbeat": r"the heartbeat is not heard \((?P<code>[\w.]+)\)",
        "from_here": r"the hub is away: people are told from here",
        "list_none": rf"{_LIST}: none came yet",
        "list_old": rf"{_LIST}: too old to be used",
        "list_key": rf"{_LIST}: made under another key",
        "list_disk": rf"{_LIST}: cannot be written: (?P<text>[^;]*)",
        "list_moves": rf"{_LIST}: it changes, or is not whole on the bus",
        "list_bad": rf"{_LIST}: (?:the list (?:is cut|is not in order|was damaged)|this is no list [^;]*)",
        "projection_why": rf"{_PROJECTION} \((?P<why_not>\w+)\)",
        "projection": _PROJECTION,
        "projection_over": r"projection (?P<name>[a-z0-9_-]+): (?P<count>\d+) series over the limit",
        "certificate_expired": r"the bus's certificate expired on (?P<day>[\d/]+)",
        "certificate_expires": r"the bus's certificate expires on (?P<day>[\d/]+)",
    }.items()
]


def part_reason(say: Wording, reason: str) -> str:
    """``reason`` with every sentence that is known in the words of ``say``."""
    for sentence, key in _SENTENCES:
        reason = sentence.sub(lambda found, key=key: say(key, **_values(say, found)), reason)  # type: ignore[misc]
    return reason


def _values(say: Wording, found: re.Match[str]) -> dict[str, str]:
    return {name: _value(say, name, value) for name, value in found.groupdict().items()}


def _value(say: Wording, name: str, value: str) -> str:
    if name == "why":
        return say.reason(value)
    if name == "state":
        return say.named("destination_state", value)
    if name == "why_not":
        return say.named("destination_reason", value)
    if name == "list":
        return say.named("people_list", value)
    return say.count(int(value)) if value.isdecimal() else value
