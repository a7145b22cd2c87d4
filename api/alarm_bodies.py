"""What people send about alarms, with its bounds."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.queries import Name, PageQuery
from hub.alarms.incidents.actions import LONGEST_NOTE, LONGEST_WINDOW_MS, MINUTE_MS, Decision, Round
from hub.alarms.incidents.states import State

LONGEST_SHELF_MINUTES = 720
SHORTEST_SHELF_MINUTES = 5
Words = Annotated[str, Field(max_length=LONGEST_NOTE, description="Stays in the ledger.")]
Reason = Annotated[str, Field(min_length=3, max_length=LONGEST_NOTE, description="Stays in the ledger.")]


LONGEST_WINDOW_MINUTES = LONGEST_WINDOW_MS // MINUTE_MS
Minutes = Annotated[int, Field(ge=SHORTEST_SHELF_MINUTES, le=LONGEST_WINDOW_MINUTES)]
# Not every device: whoever mends cameras must not make a fridge silent.
CAMERAS = ("rtsp",)
Kinds = Annotated[
    tuple[Name, ...], Field(min_length=1, max_length=32, description="Left out: cameras, rtsp.")
]


class AlarmQuery(PageQuery):
    """Which incidents; ``state`` may be repeated. ``explained_by``: id of the incident that explains them."""

    state: list[State] | None = Field(None, max_length=len(State))
    site: Name | None = None
    device: Name | None = None
    explained_by: Name | None = None


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NoteBody(_Closed):
    """Words, if any."""

    note: Words = ""


class ReasonBody(_Closed):
    """Why."""

    reason: Reason


class TakeOutBody(ReasonBody):
    """Why, and for how long; without an end until somebody puts it back."""

    minutes: Minutes | None = None


class SiteOutBody(ReasonBody):
    """Why, for how long, and of which devices of the site: those of the kinds that are named."""

    minutes: Minutes
    kinds: Kinds = CAMERAS


class SiteBackBody(NoteBody):
    """Of which devices of the site."""

    kinds: Kinds = CAMERAS


class CommentBody(_Closed):
    """Words."""

    text: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE, description="Stays in the ledger.")]


class ShelveBody(ReasonBody):
    """How long, and why."""

    minutes: int = Field(ge=SHORTEST_SHELF_MINUTES, le=LONGEST_SHELF_MINUTES)


class AssignBody(NoteBody):
    """To whom."""

    to: str = Field(min_length=1, max_length=64, description="Id of a user.")


class DispositionBody(NoteBody):
    """What becomes of the vaccine."""

    disposition: Decision


class CheckBody(NoteBody):
    """The look of the morning or of the afternoon."""

    round: Round
