"""``fhir``: results as FHIR R4, one transaction for each, everything put at its own derived id.

What is sent is what stands: a correction puts ``corrected`` at the same place, a withdrawal ``cancelled`` or
``entered-in-error``. Controls are not sent. A bundle that our own check refuses becomes a dead letter.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from hub.events import Event
from hub.feeds.addresses import AddressRefused
from hub.feeds.answers import NO_ANSWER, answer_of
from hub.feeds.contract import Answer, Feed, FeedSettings, Message, Opened, Told, Unsendable
from hub.feeds.http_line import BrokenAnswer, HttpLine
from hub.feeds.standing import Results, StandingResult, for_others
from hub.fhir import laboratory
from hub.fhir.bundle import NotFhir, transaction
from hub.fhir.naming import DerivedIds
from hub.fhir.places import Place
from hub.payloads import LabResult

CONTENT_TYPE = "application/fhir+json; charset=utf-8"
NOTHING = "not_in_store"


class FhirOptions(msgspec.Struct, frozen=True):
    """``sites``: id -> {name, district}. ``token``: Bearer; ``hub`` is part of every id that we derive."""

    url: str
    hub: str
    token: str = ""
    sites: Mapping[str, Mapping[str, str]] = {}
    province: str = ""
    private: bool = False
    timeout_seconds: float = 30.0
    ca_file: str = ""


class FhirFeed(Feed):
    """One transaction bundle for what stands of a result."""

    def __init__(self, settings: FeedSettings, options: FhirOptions) -> None:
        super().__init__(settings)
        self._options = options
        self._ids = DerivedIds(options.hub)

    def wants_type(self, event_type: str) -> bool:
        return event_type == LabResult.TYPE and super().wants_type(event_type)

    def wants(self, event: Event) -> bool:
        return super().wants(event) and for_others(event)

    def order_of(self, event: Event) -> str:
        """A result and what supersedes it may be of two facts: by device."""
        return event.source

    def message(self, told: Told, found: Any = None) -> Message:
        if not isinstance(found, StandingResult):
            raise Unsendable(NOTHING)
        try:
            body = transaction(self._resources(found))
        except NotFhir as error:
            raise Unsendable(str(error)) from error
        return Message(told.event.id, body, CONTENT_TYPE)

    def _resources(self, found: StandingResult) -> list[Any]:
        place = self._place(found.site)
        result = laboratory.Result(
            found.fact, found.event, found.device, found.time, found.received, found.lab, found.pool
        )
        made = laboratory.resources_of(result, place, self._ids)
        if not found.replaced:
            return made
        gone = laboratory.withdrawn(result._replace(fact=found.replaced), place, self._ids)
        return [*made, *gone[-2:]]

    def _place(self, site: str) -> Place:
        told = self._options.sites.get(site, {})
        return Place(site, told.get("name", site), told.get("district", ""), self._options.province)


class FhirLine:
    """A transaction is taken when the server says 200: then all of it is in."""

    def __init__(self, line: HttpLine, target: str, token: str) -> None:
        self._line = line
        self._target = target
        self._headers = {"Accept": "application/fhir+json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    async def send(self, message: Message) -> Answer:
        headers = {"Content-Type": message.content_type, **self._headers}
        try:
            answer = await self._line.request("POST", self._target, headers, message.body)
        except (AddressRefused, BrokenAnswer) as error:
            return Answer("again", str(error))
        except OSError:
            return NO_ANSWER
        if answer.status in (401, 403):  # the credentials are wrong, not the result
            return Answer("again", f"http.{answer.status}")
        return answer_of(answer.status, answer.headers.get("retry-after"))

    async def close(self) -> None:
        await self._line.close()


def open_feed(settings: FeedSettings) -> Opened:
    options = msgspec.convert(settings.options, FhirOptions)
    url = urlsplit(options.url)
    line = HttpLine(url, private=options.private, seconds=options.timeout_seconds, ca_file=options.ca_file)
    return Opened(
        FhirFeed(settings, options), FhirLine(line, url.path.rstrip("/") or "/", options.token), Results()
    )
