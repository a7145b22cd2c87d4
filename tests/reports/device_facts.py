"""What the reports from devices are told in tests: gates, cameras, specimens and results."""

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from api.reports.frame.tabular import AsOf, day_number
from hub.events import parse_time
from hub.payload import Payload
from hub.payloads import Call, Code, LabResult, ResultStatus
from hub.reported import FacilityRegistered, SpecimenRegistered
from storage.gates import COUNTED
from storage.reporting import GateDayCount, StoredFact, StoredResult

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = date(2021, 8, 4)
AS_OF = AsOf(99, DAY, ZONE)


def fact(payload: Payload, subject: str, day: date = DAY, number: int = 1) -> StoredFact:
    return StoredFact(number, f"id-{subject}", subject, "", day_number(day), 0, 1, payload)


def facility(name: str, site: str = "", district: str = "731", valid_from: str = "2021-01-01") -> StoredFact:
    told = FacilityRegistered(
        facility=name,
        name=f"Cơ sở {name}",
        kind="hospital",
        district=district,
        valid_from=valid_from,
        site=site,
    )
    return fact(told, f"{name}|{valid_from}", date.fromisoformat(valid_from))


def gate_day(site: str, counts: Mapping[str, int], device: str = "cong-1", day: date = DAY) -> GateDayCount:
    return GateDayCount(day_number(day), site, device, site, tuple(counts.get(name, 0) for name in COUNTED))


def specimen(name: str, collected: str = "2021-08-04T07:00:00+07:00", **more: object) -> StoredFact:
    told = SpecimenRegistered(specimen=name, collected=collected, origin="imported", **more)  # type: ignore[arg-type]
    return fact(told, name, date.fromisoformat(collected[:10]))


def measured(
    name: str,
    call: Call = "NEG",
    status: ResultStatus = "F",
    *,
    at: str = "2021-08-04T06:00:00.000Z",
    order: str | None = None,
    control: bool = False,
    person: str | None = None,
) -> StoredResult:
    told = LabResult(
        name,
        Code("SARS"),
        call,
        status,
        order=order,
        control=control,
        person=person,
    )
    time_ms = parse_time(at)
    return StoredResult(1, f"id-{name}-{at}", 1, "bv-1", "genexpert-01", time_ms, time_ms, 0, 1, told)
