"""The words of a message, from templates (texts/*.toml): for an SMS, and longer. Pure but for the files."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from hub.alarms.rules import SEVERITIES
from hub.notify.bundling import Message
from hub.notify.gsm_text import LONGEST_SMS, gsm
from hub.notify.settings import Language, NotifySettings
from storage.notices import NoticeRow

Facts = Mapping[str, Any]
_ENDED = ("RETURNED", "WITHDRAWN")
# How long names may be, tried in this order until the text fits.
_NAME_LETTERS = (60, 40, 30, 22, 16, 12, 8)
_MOST_LISTED = 12


@dataclass(frozen=True, slots=True)
class Text:
    """A message in words: ``title`` and ``body`` with diacritics, ``sms`` for one short message."""

    title: str
    body: str
    sms: str


@cache
def texts(language: Language) -> Mapping[str, Any]:
    """The templates of a language."""
    return tomllib.loads(files("hub.notify").joinpath("texts", f"{language}.toml").read_text("utf-8"))


def facts(row: NoticeRow) -> Facts:
    told: Facts = json.loads(row.body)
    return told


def word(message: Message, settings: NotifySettings, language: Language) -> Text:
    """What ``message`` says; the SMS has at most 160 characters of the GSM alphabet, the reply code whole."""
    writer = _Writer(settings, texts(language), message)
    body = writer.text(200, _MOST_LISTED)
    return Text(writer.title(), body, _short(writer))


def word_test(language: Language) -> Text:
    body = str(texts(language)["forms"]["test"])
    return Text("epihub", body, gsm(body))


def word_chat(language: Language, chat: str) -> str:
    """Who is to be reached by a bot has to know the id of the chat."""
    return str(texts(language)["forms"]["chat"]).format(chat=chat)


def _short(writer: "_Writer") -> str:
    text = ""
    for letters in _NAME_LETTERS:
        for listed in (4, 2, 1) if writer.several else (1,):
            text = gsm(writer.text(letters, listed))
            if len(text) <= LONGEST_SMS:
                return text
    return gsm(writer.text(_NAME_LETTERS[-1], 1, todo=False))[:LONGEST_SMS]


class _Writer:
    """Fills the templates for one message."""

    def __init__(self, settings: NotifySettings, told: Mapping[str, Any], message: Message) -> None:
        self._settings = settings
        self._texts = told
        self._message = message
        self._zone = ZoneInfo(settings.timezone)
        # Of several, what is going on says more than what is over.
        open_rows = [row for row in message.rows if row.kind not in _ENDED]
        self._ended = not open_rows
        self._rows = sorted(open_rows or message.rows, key=_gravity)
        self.several = len(self._rows) > 1

    def title(self) -> str:
        row = self._rows[0]
        return self._form("title", row, 60)

    def text(self, letters: int, listed: int, *, todo: bool = True) -> str:
        """``letters``: how long a name may be; ``listed``: how many units or sites are named."""
        rows = self._rows
        sites = list(dict.fromkeys(row.site for row in rows))
        if len(rows) == 1:
            return self._form(rows[0].kind.lower(), rows[0], letters, todo=todo)
        form = "site" if len(sites) == 1 else "summary"
        units = [f"{_cut(facts(row)['device'], letters)} {self._what(row)}" for row in rows]
        more = {
            "count": len(rows),
            "places": len(sites),
            "units": self._list(units, listed),
            "sites": self._list([self._site(site, letters) for site in sites], listed),
        }
        return self._form(f"{form}_ended" if self._ended else form, rows[0], letters, more, todo=todo)

    def _form(
        self,
        form: str,
        row: NoticeRow,
        letters: int,
        more: Mapping[str, Any] | None = None,
        *,
        todo: bool = True,
    ) -> str:
        told = facts(row)
        filled = self._texts["forms"][form].format(
            severity=self._texts["severities"][told["severity"]],
            what=self._what(row),
            value=self._value(told),
            unit=_cut(told["device"], letters),
            site=self._site(row.site, letters),
            since=self._time(told["start"]),
            todo=self._rule(told)["todo"] if todo else "",
            reply=self._message.reply,
            **(more or {}),
        )
        return " ".join(str(filled).split())

    def _what(self, row: NoticeRow) -> str:
        return str(self._rule(facts(row))["what"])

    def _rule(self, told: Facts) -> Mapping[str, str]:
        rules: Mapping[str, Mapping[str, str]] = self._texts["rules"]
        return rules.get(told["rule"], rules["other"])

    def _value(self, told: Facts) -> str:
        if told["worst"] is None or not told["metric"].startswith("temp."):
            return ""
        return f"{told['worst'] / 1000:+.1f}".replace(".", self._texts["decimal"]) + " °C"

    def _site(self, site: str, letters: int) -> str:
        place = self._settings.places.get(site)
        return _cut(place.name if place else site, letters)

    def _time(self, at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone).strftime("%d/%m %H:%M")

    def _list(self, names: Sequence[str], listed: int) -> str:
        shown = ", ".join(names[:listed])
        rest = len(names) - listed
        return f"{shown} {self._texts['forms']['more'].format(count=rest)}" if rest > 0 else shown


def _gravity(row: NoticeRow) -> tuple[int, int, int, str]:
    """The worst first."""
    told = facts(row)
    return -row.urgent, -SEVERITIES.index(told["severity"]), told["start"], row.key


def _cut(name: str, letters: int) -> str:
    return name if len(name) <= letters else name[: letters - 1] + "."
