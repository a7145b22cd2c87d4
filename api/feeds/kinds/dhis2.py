"""``dhis2``: each revision of a day's report as data value sets, codes for ids, conflicts by their cell.

DHIS2 keeps one value a cell and day, so that a revision sent twice, or after a later one was corrected back,
is what it says. What it refuses (a unit that is not assigned, a day that is locked) becomes a dead letter
with DHIS2's own code; all else of the set is taken.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec

from api.feeds.dhis2.answers import Imported, NotAnswered, read_answer
from api.feeds.dhis2.mapping import DEFAULT, MappingTable, read_mapping
from api.feeds.dhis2.values import DataValue, TooManyValues, encoded, values_of
from api.feeds.revised_reports import RevisedReports, revised_of
from api.reports.frame.document import Copy
from hub.events import Event
from hub.feeds.addresses import AddressRefused
from hub.feeds.answers import NO_ANSWER, answer_of
from hub.feeds.contract import Answer, Feed, FeedSettings, Message, Opened, Told, Unsendable
from hub.feeds.http_line import BrokenAnswer, HttpLine
from hub.payloads import ReportRevised

CONTENT_TYPE = "application/json; charset=utf-8"
NOTHING_MAPPED = "dhis2.nothing_mapped"
# Web API, Data values: codes instead of ids; what is there is updated, what is new is made.
SCHEMES = {
    "dataElementIdScheme": "CODE",
    "orgUnitIdScheme": "CODE",
    "categoryOptionComboIdScheme": "CODE",
    "dataSetIdScheme": "CODE",
    "importStrategy": "CREATE_AND_UPDATE",
}


class Dhis2Options(msgspec.Struct, frozen=True):
    """``token``: a personal access token; ``mapping``: a file, empty: the shipped one."""

    url: str
    timezone: str
    token: str = ""
    mapping: str = ""
    private: bool = False
    timeout_seconds: float = 60.0
    ca_file: str = ""


class Dhis2Feed(Feed):
    """One message for one revision: all its data sets, as a list of bodies."""

    def __init__(self, settings: FeedSettings, mapping: MappingTable) -> None:
        super().__init__(settings)
        self._mapping = mapping
        self._reports = {one.report for one in mapping.sets}

    def wants_type(self, event_type: str) -> bool:
        return event_type == ReportRevised.TYPE

    def wants(self, event: Event) -> bool:
        told = revised_of(event)
        return told is not None and told.report in self._reports

    def message(self, told: Told, found: Any = None) -> Message:
        if not isinstance(found, Copy):
            raise Unsendable(found if isinstance(found, str) else "report.unknown")
        document = found.document
        day = date.fromisoformat(str(document.query["date"]))
        try:
            values = values_of(self._mapping, document.report, day, document.content)
        except TooManyValues as error:
            raise Unsendable("dhis2.too_many_values") from error
        if not values:
            raise Unsendable(NOTHING_MAPPED)
        return Message(told.event.id, msgspec.json.encode(values), CONTENT_TYPE)


class Dhis2Line:
    """One request a data set, one after the other: DHIS2 imports one at a time anyway."""

    def __init__(self, line: HttpLine, path: str, token: str) -> None:
        self._line = line
        self._target = f"{path.rstrip('/')}/api/dataValueSets?{urlencode(SCHEMES)}"
        self._headers = {"Content-Type": CONTENT_TYPE, "Accept": "application/json"}
        if token:
            self._headers["Authorization"] = f"ApiToken {token}"

    async def send(self, message: Message) -> Answer:
        refused: list[str] = []
        for data_set, values in msgspec.json.decode(message.body, type=dict[str, list[DataValue]]).items():
            answer = await self._post(data_set, values)
            if isinstance(answer, Answer):
                return answer
            refused += [conflict.code for conflict in answer.conflicts] or _silent(answer)
        if refused:
            (code, _), *_ = Counter(refused).most_common(1)
            return Answer("dead", f"dhis2.{code}")
        return Answer("taken", "dhis2.imported")

    async def close(self) -> None:
        await self._line.close()

    async def _post(self, data_set: str, values: Sequence[DataValue]) -> Imported | Answer:
        try:
            answer = await self._line.request("POST", self._target, self._headers, encoded(data_set, values))
        except (AddressRefused, BrokenAnswer) as error:
            return Answer("again", str(error))
        except OSError:
            return NO_ANSWER
        if answer.status in (401, 403):  # the credentials are wrong, not the values
            return Answer("again", f"http.{answer.status}")
        if answer.status not in (200, 201, 409):  # 409: some were refused, and the answer says which
            return answer_of(answer.status, answer.headers.get("retry-after"))
        try:
            return read_answer(answer.body, values)
        except NotAnswered as error:
            return Answer("again", str(error))


def _silent(answer: Imported) -> list[str]:
    """Refused without a word why."""
    return ["error"] if answer.status == "ERROR" else []


def open_feed(settings: FeedSettings) -> Opened:
    options = msgspec.convert(settings.options, Dhis2Options)
    mapping = read_mapping(Path(options.mapping) if options.mapping else DEFAULT)
    url = urlsplit(options.url)
    line = HttpLine(url, private=options.private, seconds=options.timeout_seconds, ca_file=options.ca_file)
    looks = RevisedReports(ZoneInfo(options.timezone))
    return Opened(Dhis2Feed(settings, mapping), Dhis2Line(line, url.path, options.token), looks)
