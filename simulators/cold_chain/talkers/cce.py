"""WHO PQS E006/DS01 ``cce-interop`` 0.8.1: what a monitor of a fridge posts, as EMS or RTM.

Its own alarm is DOOR, after five minutes. A broken probe is null with its error.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from simulators.cold_chain.talkers.speech import Sending
from simulators.cold_chain.unit_plan import UnitPlan
from simulators.cold_chain.unit_sample import Claim, Message, Sample, thousandths

DOOR_ALARM_SECONDS = 300
BATTERY_DAYS = 1.5  # of each percent
NEVER = ("alarm.heat", "alarm.frze", "alarm.powr")  # what this monitor does not alarm about
_MAKER = {
    "AMFR": "Tủ mô phỏng", "AMOD": "VR 90", "APQS": "E003/000", "EMFR": "Giám sát mô phỏng", "EMOD": "EMD 1",
    "EPQS": "E006/000", "LMFR": "Giám sát mô phỏng", "LMOD": "LG 1", "LPQS": "E006/000",
}  # fmt: skip


def message(plan: UnitPlan, samples: Sequence[Sample], sending: Sending) -> Message:
    """A transfer with one report."""
    records = [_record(plan, sample) for sample in samples]
    transfer = {
        "meta": {
            "schemaVersion": "0.8.1",
            "transferType": "ems" if plan.ems else "rtm",
            "transferId": f"{plan.id}-{sending.number}",
            "transferSrc": "org.example.simulated",
            "transferredAt": f"{datetime.fromtimestamp(sending.sent_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
        },
        "data": [_header(plan) | {"records": records}],
    }
    return Message(json.dumps(transfer, ensure_ascii=False).encode(), tuple(_claims(plan, samples)))


def _header(plan: UnitPlan) -> dict[str, Any]:
    own = {"ASER": plan.id, "ESER": plan.serial, "LSER": plan.serial, "EDOP": "2021-05-01", "CID": "VNM"}
    if plan.ems:
        return _MAKER | own | {"ADOP": "2021-05-01", "LDOP": "2021-05-01", "LSV": "1.0", "EMSV": "1.0"}
    sensor = {"SID": plan.serial, "SMFR": _MAKER["LMFR"], "SMOD": _MAKER["LMOD"]}
    needed = {name: _MAKER[name] for name in ("EMFR", "EMOD", "EPQS")}
    return needed | {
        "AMID": plan.id, "CID": "VNM", "EDOP": own["EDOP"], "ESER": plan.serial, "EMSV": "1.0",
        "DLST": {"TVC": sensor, "TAMB": sensor, "IDRV": sensor},
    }  # fmt: skip


def _record(plan: UnitPlan, sample: Sample) -> dict[str, Any]:
    broken = sample.celsius is None
    record: dict[str, Any] = {
        "ABST": f"{datetime.fromtimestamp(sample.time_ms // 1000, UTC):%Y%m%dT%H%M%SZ}",
        "ALRM": "DOOR" if door_alarm(sample) else None,
        "BEMD": _days(sample),
        "EERR": None,
        "TVC": None if sample.celsius is None else round(sample.celsius, 2),
        "IDRV": round(sample.door_open_s),
        "SVA": round(sample.mains_s),
    }
    if plan.ems:
        return record | {
            "BLOG": 800, "CMPR": round(sample.compressor_s), "DORV": round(sample.door_s),
            "LERR": "SENS" if broken else None, "TAMB": round(sample.ambient, 1),
        }  # fmt: skip
    return record | ({"EERR": "SENS"} if broken else {})


def _claims(plan: UnitPlan, samples: Sequence[Sample]) -> Iterator[Claim]:
    for sample in samples:
        time_ms = _second(sample)
        celsius = None if sample.celsius is None else thousandths(round(sample.celsius, 2))
        yield Claim("temp.vaccine", time_ms, celsius)
        yield Claim("door.open_now_s", time_ms, round(sample.door_open_s) * 1000)
        yield Claim("power.available_s", time_ms, round(sample.mains_s) * 1000)
        yield Claim("battery.days", time_ms, thousandths(_days(sample)))
    yield from _told("alarm.door", samples, door_alarm)
    yield from _told("error.logger" if plan.ems else "error.monitor", samples, _broken)
    for metric in (*NEVER, *(("error.monitor",) if plan.ems else ())):
        yield from _told(metric, samples, lambda sample: False)


def _told(metric: str, samples: Sequence[Sample], holds: Callable[[Sample], bool]) -> Iterator[Claim]:
    """Of every record of a report that has it; the newest one ends whatever stood before."""
    newest_ms = max(map(_second, samples))
    some = any(map(holds, samples))
    for sample in samples:
        if some or _second(sample) == newest_ms:
            yield Claim(metric, _second(sample), 1000 * holds(sample))


def _broken(sample: Sample) -> bool:
    return sample.celsius is None


def _second(sample: Sample) -> int:
    return sample.time_ms // 1000 * 1000


def _days(sample: Sample) -> float:
    return round(sample.battery * BATTERY_DAYS, 1)


def door_alarm(sample: Sample) -> bool:
    """Whether the monitor alarms: then it does not wait until the hour is over."""
    return sample.door_open_s > DOOR_ALARM_SECONDS


def device(plan: UnitPlan) -> list[str]:
    """The hub's settings for it."""
    return ['kind = "cold_http"']
