"""What a conversation with a camera gives: how far it came, keyframes, and how it was over."""

from typing import NamedTuple

from adapters.cameras.reasons import Phase, Reason
from adapters.cameras.rtsp.facts import KeyFrame


class Reached(NamedTuple):
    """A phase; each at most once, in their order."""

    phase: Phase


class Failed(NamedTuple):
    """The conversation is over. ``location``: of a redirect, unchecked; never to be shown."""

    reason: Reason
    detail: str = ""
    location: str = ""


class Done(NamedTuple):
    """What it was to wait for has come: over, too. ``phase``: the last that was reached."""

    phase: Phase


Event = Reached | Failed | Done | KeyFrame
