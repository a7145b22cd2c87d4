"""Which rules judge a device: those of its own profile, and those of its kind."""

from collections.abc import Mapping

from hub.alarms.rules import InForce
from hub.machine_metrics import ONLINE


def rules_for(
    profile: str, kind: str, versions: Mapping[str, tuple[InForce, ...]], kinds: Mapping[str, str]
) -> tuple[InForce, ...]:
    """``versions`` by profile, ``kinds``: the profile of each kind. What both have, its own profile says.

    Where its own has a rule on silence, its kind says nothing of it being away: that would be told twice.
    """
    own = versions.get(profile, ())
    of_kind = versions.get(kinds.get(kind, ""), ())
    said = {(each.rule.metric, each.rule.code) for each in own}
    silence = any(each.rule.when == "silent" for each in own)
    more = (
        each
        for each in of_kind
        if (each.rule.metric, each.rule.code) not in said and not (silence and each.rule.metric == ONLINE)
    )
    return (*own, *more)
