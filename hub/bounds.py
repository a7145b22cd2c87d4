"""Bounds of what is reported: the sink holds events to them, the API what people enter.

Patterns are those of JSON Schema too. Days and moments that no calendar has are refused by ``hub.reported``.
"""

from datetime import date, datetime
from typing import Annotated, Final

from msgspec import Meta

MOST_DOSES: Final = 10_000_000
MOST_PEOPLE: Final = 10_000_000
MOST_FIGURES: Final = 200
MOST_SYMPTOMS: Final = 30
MOST_ROWS: Final = 200
LONGEST_NAME: Final = 120

# A code never begins with what a spreadsheet takes for a formula.
CODE: Final = r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}"
LOT: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}(?:~[A-Za-z0-9]{1,8})?"
LABEL: Final = r"(?:[A-Za-z0-9._/-]{1,32}|h:[0-9a-f]{32})"  # of a specimen or order (design 4)
PERSON: Final = r"[pw]-[0-9a-f]{8}:[0-9a-f]{32}"
WORD: Final = r"[a-z0-9][a-z0-9_.-]{0,63}"
SITE: Final = r"[a-z0-9_-]{1,64}"
ACTOR: Final = r"[!-~]{1,128}"
DISTRICT: Final = r"[0-9]{3}"
COMMUNE: Final = r"[0-9]{5}"
DAY: Final = r"20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
MOMENT: Final = DAY + r"T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-][0-2][0-9]:[0-5][0-9])"
NAME: Final = (
    r"[^\x00-\x20=+@\x7f-\xa0\u2028-\u202e\u2066-\u2069-][^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*"
)


def whole(pattern: str) -> str:
    """It and nothing else: ``$`` alone lets a line's end pass in Python."""
    return f"^(?:{pattern})$(?!\\n)"


def or_empty(pattern: str) -> str:
    return whole(f"{pattern}|")


Code = Annotated[str, Meta(pattern=whole(CODE))]
OptionalCode = Annotated[str, Meta(pattern=or_empty(CODE))]
LotNumber = Annotated[str, Meta(pattern=whole(LOT))]
Label = Annotated[str, Meta(pattern=whole(LABEL))]
OptionalLabel = Annotated[str, Meta(pattern=or_empty(LABEL))]
Person = Annotated[str, Meta(pattern=whole(PERSON))]
Word = Annotated[str, Meta(pattern=whole(WORD))]
OptionalWord = Annotated[str, Meta(pattern=or_empty(WORD))]
OptionalSite = Annotated[str, Meta(pattern=or_empty(SITE))]
OptionalActor = Annotated[str, Meta(pattern=or_empty(ACTOR))]
District = Annotated[str, Meta(pattern=whole(DISTRICT))]
OptionalDistrict = Annotated[str, Meta(pattern=or_empty(DISTRICT))]
OptionalCommune = Annotated[str, Meta(pattern=or_empty(COMMUNE))]
Day = Annotated[str, Meta(pattern=whole(DAY))]
OptionalDay = Annotated[str, Meta(pattern=or_empty(DAY))]
Moment = Annotated[str, Meta(pattern=whole(MOMENT))]
OptionalMoment = Annotated[str, Meta(pattern=or_empty(MOMENT))]
DayOrMoment = Annotated[str, Meta(pattern=whole(f"{DAY}|{MOMENT}"))]
Name = Annotated[str, Meta(pattern=whole(NAME), max_length=LONGEST_NAME)]
OptionalName = Annotated[str, Meta(pattern=or_empty(NAME), max_length=LONGEST_NAME)]
Doses = Annotated[int, Meta(ge=0, le=MOST_DOSES)]
DoseNumber = Annotated[int, Meta(ge=1, le=9)]
Round = Annotated[int, Meta(ge=0, le=99)]
People = Annotated[int, Meta(ge=0, le=MOST_PEOPLE)]
Figures = Annotated[dict[Word, People], Meta(max_length=MOST_FIGURES)]
Symptoms = Annotated[tuple[Word, ...], Meta(max_length=MOST_SYMPTOMS)]


def must_be_day(text: str) -> None:
    """Raises ValueError for a day that no calendar has."""
    date.fromisoformat(text)


def must_be_moment(text: str) -> None:
    """RFC 3339 with a zone; raises ValueError."""
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("no zone")
