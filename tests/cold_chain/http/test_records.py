"""What each field, code and null of a record means."""

from itertools import permutations
from typing import Any

import pytest

from adapters.cold_chain.cce.fields import FIELDS
from api.cce.fields import BY_METRIC
from tests.cold_chain.http.transfers import (
    FIRST,
    FIRST_MS,
    RECEIVED_MS,
    SECOND,
    ems,
    payload,
    readings,
    rtm,
    transfer,
    understood,
)

AT_FIRST = f"/{FIRST_MS}"
VALUES: dict[str, tuple[Any, str, float, str]] = {
    "TVC": (4.6, "temp.vaccine", 4.6, "Cel"),
    "TFRZ": (-21.5, "temp.freezer", -21.5, "Cel"),
    "TAMB": (31.4, "temp.ambient", 31.4, "Cel"),
    "TCON": (85.0, "temp.condenser", 85.0, "Cel"),
    "TCON2": (52, "temp.condenser2", 52.0, "Cel"),
    "TPCB": (41.5, "temp.compressor", 41.5, "Cel"),
    "TPCB2": (40, "temp.compressor2", 40.0, "Cel"),
    "HAMB": (78.5, "humidity.ambient", 78.5, "%"),
    "HCOM": (41, "humidity.vaccine", 41.0, "%"),
    "DORV": (12, "door.open_s", 12.0, "s"),
    "DORF": (0, "door.freezer.open_s", 0.0, "s"),
    "DRCV": (3, "door.count", 3.0, "1"),
    "DRCF": (1, "door.freezer.count", 1.0, "1"),
    "IDRV": (812, "door.open_now_s", 812.0, "s"),
    "IDRF": (5, "door.freezer.open_now_s", 5.0, "s"),
    "CMPR": (240, "compressor.run_s", 240.0, "s"),
    "CMPR2": (900, "compressor2.run_s", 900.0, "s"),
    "CMPS": (2500, "compressor.speed", 2500.0, "/min"),
    "CMPS2": (1800, "compressor2.speed", 1800.0, "/min"),
    "FANS": (35, "fan.percent", 35.0, "%"),
    "SVA": (900, "power.available_s", 900.0, "s"),
    "ACSV": (226.4, "power.ac_voltage", 226.4, "V"),
    "ACCD": (1.2, "power.ac_current", 1.2, "A"),
    "DCSV": (13.1, "power.dc_voltage", 13.1, "V"),
    "DCCD": (4.4, "power.dc_current", 4.4, "A"),
    "HOLD": (2.5, "holdover", 2.5, "d"),
    "BEMD": (410.5, "battery.days", 410.5, "d"),
    "BLOG": (800, "battery.logger.days", 800.0, "d"),
    "MSW": (True, "switch.main", 1.0, "1"),
}  # fmt: skip


def test_every_field_has_its_metric() -> None:
    assert set(VALUES) == set(FIELDS)
    exported = {field.name: (metric, field.lowest, field.highest) for metric, field in BY_METRIC.items()}
    assert exported == {name: (one.metric, one.lowest, one.highest) for name, one in FIELDS.items()}


@pytest.mark.parametrize("field", VALUES)
def test_field(field: str) -> None:
    said, metric, value, unit = VALUES[field]
    found = readings(transfer(ems(**{field: said})))[metric + AT_FIRST]
    assert (found.value, found.unit, found.quality, found.reason) == (value, unit, "GOOD", None)


@pytest.mark.parametrize(
    ("field", "said", "reason"),
    [
        ("TVC", 60.5, "out_of_range"),
        ("TVC", -80, "out_of_range"),
        ("TFRZ", -127, "probe_lost"),
        ("TAMB", 85, "power_on_reset"),
        ("TVC", 327.67, "probe_lost"),
        ("TVC", "4.6", "not_numeric"),
        ("TVC", True, "not_numeric"),
        ("DORV", 901, "out_of_range"),
        ("CMPR", -1, "out_of_range"),
        ("HAMB", 100.5, "out_of_range"),
        ("MSW", 1, "not_boolean"),
        ("TVC", None, "missing"),
    ],
)
def test_what_is_no_measurement_is_bad(field: str, said: Any, reason: str) -> None:
    found = readings(transfer(ems(**{field: said})))[FIELDS[field].metric + AT_FIRST]
    assert (found.value, found.quality, found.reason) == (None, "BAD", reason)


def test_null_of_an_optional_field_says_nothing() -> None:
    assert not [key for key in readings(transfer(ems(HOLD=None, TFRZ=None))) if key[:4] in ("hold", "temp.f")]


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        ("SENS", "logger_sensor"),
        ("BATT SENS", "logger_sensor"),
        ("COMM", "logger_comm"),
        ("MEM", "logger_memory"),
        ("rtc", "logger_clock"),
        ("BATT", "logger_battery"),
        ("Nguyễn Văn A 0912345678", "logger_error"),
        ("x" * 5000, "logger_error"),
        (["COMM"], "logger_comm"),
        (7, "logger_error"),
    ],
)
def test_errors_of_the_logger(codes: Any, reason: str) -> None:
    found = readings(transfer(ems(TVC=None, LERR=codes)))
    vaccine, ambient = found["temp.vaccine" + AT_FIRST], found["temp.ambient" + AT_FIRST]
    assert (vaccine.value, vaccine.quality, vaccine.reason) == (None, "BAD", reason)
    assert (ambient.value, ambient.quality, ambient.reason) == (31.4, "UNCERTAIN", reason)
    assert found["compressor.run_s" + AT_FIRST].quality == "GOOD"
    assert found["error.logger" + AT_FIRST].value == 1.0


def test_the_monitor_of_an_rtm_measures_itself_that_of_an_ems_does_not() -> None:
    broken = readings(transfer(rtm(TVC=None, EERR="COMM"), kind="rtm"))["temp.vaccine" + AT_FIRST]
    assert (broken.quality, broken.reason) == ("BAD", "monitor_comm")
    doubtful = readings(transfer(rtm(TVC=5.0, EERR="3"), kind="rtm"))["temp.vaccine" + AT_FIRST]
    assert (doubtful.value, doubtful.quality, doubtful.reason) == (5.0, "UNCERTAIN", "compressor_error")
    found = readings(transfer(ems(EERR="QUÁ DÀI")))
    assert found["temp.vaccine" + AT_FIRST].quality == "GOOD"
    assert found["error.monitor" + AT_FIRST].value == 1.0


@pytest.mark.parametrize("version", ["0.7.0", "0.7.2"])
def test_the_compressor_ran_minutes_until_0_7_2(version: str) -> None:
    found = readings(transfer(ems(CMPR=4.5), version=version))["compressor.run_s" + AT_FIRST]
    assert (found.value, found.unit, found.raw_value, found.raw_unit) == (270.0, "s", 4.5, "min")
    late = readings(transfer(ems(CMPR=16), version=version))["compressor.run_s" + AT_FIRST]
    assert (late.value, late.reason) == (None, "out_of_range")


@pytest.mark.parametrize("version", ["0.7.3", "0.8.0", "0.8.1"])
def test_and_seconds_since(version: str) -> None:
    found = readings(transfer(ems(CMPR=15), version=version))["compressor.run_s" + AT_FIRST]
    assert (found.value, found.raw_unit) == (15.0, "s")


def test_alarms_are_one_while_they_are_told_and_nought_where_the_report_says_none() -> None:
    found = readings(transfer(ems(FIRST, ALRM="HEAT DOOR"), ems(SECOND)))
    second = f"/{FIRST_MS + 900_000}"
    assert found["alarm.heat" + AT_FIRST].value == found["alarm.door" + AT_FIRST].value == 1.0
    assert found["alarm.heat" + second].value == found["alarm.door" + second].value == 0.0
    assert (found["alarm.heat" + second].unit, found["alarm.heat" + second].quality) == ("1", "GOOD")
    assert "alarm.frze" + AT_FIRST not in found
    # The newest record closes what an earlier report has opened.
    assert found["alarm.frze" + second].value == found["alarm.powr" + second].value == 0.0


def test_a_record_that_says_nothing_of_alarms_closes_none() -> None:
    silent = ems(SECOND)
    del silent["ALRM"]
    found = readings(transfer(ems(FIRST, ALRM="FRZE"), silent))
    assert [key for key in found if key.startswith("alarm.frze")] == ["alarm.frze" + AT_FIRST]


def test_a_makers_own_alarms_have_names_by_configuration() -> None:
    told = transfer(ems(ALRM="E14 Lan-0912345678"))
    found = readings(told, alarm_codes={"e14": "lid"})
    assert found["alarm.lid" + AT_FIRST].value == found["alarm.other" + AT_FIRST].value == 1.0
    assert [key for key in readings(told) if "alarm.other" in key or "lid" in key] == [
        "alarm.other" + AT_FIRST
    ]


def test_records_of_one_instant_are_one() -> None:
    told = transfer(rtm(TVC=6.5, ALRM="HEAT"), rtm(TAMB=28.5), rtm(TVC=None), kind="rtm")
    found = readings(told)
    assert found["temp.vaccine" + AT_FIRST].value == 6.5
    assert found["temp.ambient" + AT_FIRST].value == 28.5
    assert found["alarm.heat" + AT_FIRST].value == 1.0
    assert found["battery.days" + AT_FIRST].value == 21.0


def test_values_that_contradict_each_other_are_both_kept() -> None:
    facts = understood(transfer(ems(TVC=4.6), ems(TVC=4.9), ems(TVC=4.6))).facts
    found = [payload(fact).value for fact in facts if fact.key == "temp.vaccine" + AT_FIRST]
    assert sorted(value for value in found if value is not None) == [4.6, 4.9]


def test_the_order_of_records_does_not_matter() -> None:
    records = [ems(FIRST, ALRM="HEAT"), ems(FIRST, TVC=7.0), ems(SECOND, TVC=None, LERR="SENS")]
    orders = [understood(transfer(*order)).facts for order in permutations(records)]
    assert all(order == orders[0] for order in orders)


@pytest.mark.parametrize(
    "abst",
    [None, 20261122, "", "2026-11-22T06:00:00Z", "20261122T060000", "20261322T060000Z", "20261122T250000Z",
     "20261122T060000+0700", "20261122T060000Z\n", "20010101T000000Z"],
)  # fmt: skip
def test_a_record_without_a_time_is_a_problem_and_the_others_are_not(abst: Any) -> None:
    found = understood(transfer(ems(SECOND), ems() | {"ABST": abst}, 7, ems() | {"ABST": abst}))
    assert found.problems == (
        ("cce.no_time", "data[0].records[1].ABST"),
        ("cce.not_a_record", "data[0].records[2]"),
    )
    assert {fact.time_ms for fact in found.facts} == {FIRST_MS + 900_000}


def test_parts_of_a_second_are_kept() -> None:
    (fact,) = (fact for fact in understood(transfer(ems("20261122T060000.25Z"))).facts if "vacc" in fact.key)
    assert (fact.time_ms, fact.timesource) == (FIRST_MS + 250, "observation")


def test_a_clock_ahead_is_doubted_and_one_a_year_ahead_not_believed() -> None:
    ahead = readings(transfer(ems("20261122T070000Z")))
    assert {(one.quality, one.reason) for one in ahead.values()} == {("UNCERTAIN", "time_ahead")}
    facts = understood(transfer(ems("20271122T060000Z", ALRM="HEAT"))).facts
    assert {(payload(fact).value, payload(fact).reason) for fact in facts} == {(None, "time_future")}
    assert {fact.time_ms for fact in facts} == {RECEIVED_MS}
    assert len({fact.key for fact in facts}) == len(facts)


def test_nothing_personal_leaves() -> None:
    words: dict[str, Any] = {
        "RNAM": "Miền Nam", "DNAM": "Biên Hòa", "FNAM": "Trạm y tế cô Nguyễn Thị Hoa", "CNTC": "0912345678",
        "AMFR": "Bà Trần", "SIGN": "Lê Văn B", "LAT": 10.957, "LNG": 106.842,
    }  # fmt: skip
    record = ems(NOTE="gọi anh Tâm 0987", EERR="Tâm", ALRM="Hoa", FANS="Trần Thị", HOLD="Lê")
    told = repr(understood(transfer(record, **words)))
    for word in ("Hoa", "Tâm", "Trần", "Lê", "0912", "0987", "Biên", "10.957", "106.842"):
        assert word.casefold() not in told.casefold()
