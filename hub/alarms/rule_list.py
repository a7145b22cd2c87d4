"""The rules in force as a list for edges: an item a profile. What an item holds beside it is left alone."""

from collections.abc import Iterable

import msgspec

from hub.alarms.rules import Profile

MOST_PROFILES = 1000


class RuleItem(msgspec.Struct, omit_defaults=True):
    """``profile`` None: something that this version of epihub does not know."""

    profile: Profile | None = None


class BadRules(ValueError):
    """A list of rules by which nobody can judge."""


_encode = msgspec.json.Encoder(order="deterministic").encode
_decode = msgspec.json.Decoder(RuleItem).decode


def rule_items(profiles: Iterable[Profile]) -> list[bytes]:
    """An item each, in the order of their names."""
    return [_encode(RuleItem(profile)) for profile in sorted(profiles, key=lambda each: each.name)]


def profiles_of(items: Iterable[bytes]) -> list[Profile]:
    """Raises BadRules: one that cannot be read, or a name twice."""
    try:
        found = [item.profile for item in map(_decode, items) if item.profile]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRules("rules.unreadable") from error
    if len({each.name for each in found}) != len(found) or len(found) > MOST_PROFILES:
        raise BadRules("rules.twice")
    return found
