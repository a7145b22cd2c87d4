"""The wall of cameras as its script draws it: tiles in words, their order, what changed. Pure.

The script keeps each tile where it is until somebody asks for the new order, or nobody touched the page for a
while: a wall is looked at all day, and what jumps is lost from sight.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from api.console.camera_words import AWAY, Standing, at_work, measured_ms, sentence, standing, state_word
from api.console.condition import ORDER, Condition
from api.console.visit import Visit
from api.console.wording import Wording
from storage.contract import Row

CHECK_SECONDS = 10.0
WITHOUT_PICTURE = ("role", "off", "yet", "away", "there", "now", "reference", "event")
SCRIPT_WORDS = ("old", "lost", "rearrange", "alt", *(f"none_{why}" for why in WITHOUT_PICTURE))
Tile = dict[str, Any]
Group = tuple[str, list[str]]  # its heading, the cameras below it


class Wanted(NamedTuple):
    """What the person who looks chose to see."""

    site: str = ""
    words: str = ""
    conditions: frozenset[Condition] = frozenset()
    by_site: bool = True


class Camera(NamedTuple):
    """``row``: of ``api.cameras.camera_rows``."""

    row: Row
    told: Standing

    @property
    def name(self) -> str:
        return str(self.row["id"])

    @property
    def site(self) -> str:
        return str(self.row.get("site") or "")


def stand(
    visit: Visit,
    rows: Iterable[Row],
    *,
    known: bool,
    here: bool,
    resting: Container[str] = frozenset(),
) -> list[Camera]:
    """``here``: the edge beside us answers, too; it alone knows how its cameras stand.

    ``resting``: out of service by the ledger: somebody works there, whatever such a camera tells.
    """
    found = []
    for row in rows:
        told = standing(row, known=known and (here or not is_here(visit, row)))
        if row["id"] in resting and told.reason != AWAY:
            told = told._replace(condition="info", state="MAINTENANCE")
        found.append(Camera(row, told))
    return found


def tile(visit: Visit, camera: Camera, now_ms: int) -> Tile:
    """What the script needs of one: words for eyes and for ears, and how often its picture is made."""
    say, row, told = visit.say, camera.row, camera.told
    fine = told.condition == "ok"
    site = visit.site_name(camera.site)
    state = f"{told.sign} {state_word(say, told)}"
    because = "" if fine else sentence(say, told, now_ms)
    figures = "" if because else at_work(say, row)
    return {
        "id": camera.name,
        "condition": told.condition,
        "state": told.sign if fine else state,
        "why": because or figures,
        "since": None if fine else told.since_ms,
        "measured": measured_ms(row) if figures else None,
        "site": site,
        "label": ", ".join(part for part in (camera.name, site, state, because) if part),
        "every": float(row.get("check_seconds") or CHECK_SECONDS),
        "picture": picture_of(visit, row),
    }


def picture_of(visit: Visit, row: Row) -> str:
    """``yes``, or why there is none, of ``WITHOUT_PICTURE``: pictures stay at the edge that took them."""
    if not visit.who.may("operator"):
        return "role"
    if row.get("snapshot") is False:
        return "off"
    return "yes" if is_here(visit, row) else "there"


def is_here(visit: Visit, row: Row) -> bool:
    """Whether the edge beside us looks after it, as the route of its pictures sees it."""
    deck = visit.deck
    if deck.edge is None:
        return False
    ours = any(told["id"] == row["id"] for told in deck.settings.devices)
    return ours or row.get("edge") == deck.settings.edge


def counted(cameras: Iterable[Camera]) -> dict[Condition, int]:
    """How many stand how, the worst first, zeros too."""
    found = Counter(camera.told.condition for camera in cameras)
    return {condition: found[condition] for condition in ORDER}


def narrowed(visit: Visit, cameras: Iterable[Camera], wanted: Wanted) -> list[Camera]:
    """Those of the chosen site and conditions that have every word in their id or their site's name."""
    words = wanted.words.casefold().split()
    return [
        camera
        for camera in cameras
        if wanted.site in ("", camera.site)
        and (not wanted.conditions or camera.told.condition in wanted.conditions)
        and all(word in f"{camera.name} {visit.site_name(camera.site)}".casefold() for word in words)
    ]


def arranged(visit: Visit, cameras: Sequence[Camera], *, by_site: bool) -> list[Group]:
    """The worst first, then by name: never by age or score, or places would change all the time.

    The site with the worst camera comes first, and of those the one with most of them.
    """
    ordered = sorted(cameras, key=lambda camera: (ORDER[camera.told.condition], camera.site, camera.name))
    if not by_site:
        return [("", [camera.name for camera in ordered])] if ordered else []
    groups: dict[str, list[Camera]] = {}
    for camera in ordered:
        groups.setdefault(camera.site, []).append(camera)
    sites = sorted(groups.items(), key=lambda each: (_weight(each[1]), each[0]))
    return [(visit.site_name(site), [camera.name for camera in mine]) for site, mine in sites]


def _weight(cameras: Iterable[Camera]) -> tuple[int, ...]:
    """Of a site: less than another's when it needs somebody sooner."""
    found = counted(cameras)
    return tuple(-found[condition] for condition in ORDER if condition != "ok")


class Changes:
    """Of one page: only tiles that changed go to its browser, and the order when it did."""

    def __init__(self) -> None:
        self._tiles: dict[str, Tile] = {}
        self._groups: list[Group] | None = None

    def take(self, tiles: Sequence[Tile], groups: list[Group]) -> dict[str, Any]:
        """{tiles, gone} and, when it changed, groups."""
        now = {str(each["id"]): each for each in tiles}
        told: dict[str, Any] = {
            "tiles": [each for name, each in now.items() if self._tiles.get(name) != each],
            "gone": sorted(self._tiles.keys() - now.keys()),
        }
        if groups != self._groups:
            told["groups"] = groups
        self._tiles, self._groups = now, groups
        return told


def script_words(say: Wording) -> Mapping[str, str]:
    """Texts that the script fills itself: ages run on between two answers of the server."""
    told = {name: say.named("camera", name) for name in SCRIPT_WORDS}
    told |= {f"age_{unit}": say.named("age", unit) for unit in "smhd"}
    return told | {f"span_{unit}": say.named("span", unit) for unit in "smhd"}
