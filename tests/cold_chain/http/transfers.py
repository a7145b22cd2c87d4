"""Transfers as monitoring systems send them, made up; and the appliances that they are of."""

import json
from typing import Any

from adapters.cold_chain.cce.records import Understood, understand
from adapters.cold_chain.cce.transfer import read_report, read_transfer
from adapters.cold_chain.cold_http_config import ColdHttpConfig
from hub.contract import Fact
from hub.payloads import Reading

RECEIVED_MS = 1_795_330_000_000  # 2026-11-22T06:46:40Z
FIRST, SECOND = "20261122T060000Z", "20261122T061500Z"
FIRST_MS = 1_795_327_200_000
EMS_HEADER: dict[str, Any] = {
    "CID": "VNM", "ADOP": "2020-03-01", "AMFR": "Vestfrost", "AMOD": "VLS 204A", "APQS": "E003/007",
    "ASER": "VF-20-1187", "EDOP": "2021-05-01", "EMFR": "Giám sát Lạnh", "EMOD": "EMD-4", "EPQS": "E006/041",
    "ESER": "emd-0042", "EMSV": "1.4.0", "LDOP": "2021-05-01", "LMFR": "Giám sát Lạnh", "LMOD": "LG-2",
    "LPQS": "E006/040", "LSER": "log-0042", "LSV": "2.0.1",
}  # fmt: skip
RTM_HEADER: dict[str, Any] = {
    "AMID": "kho-7/tu-3", "CID": "VNM", "EDOP": "2021-05-01", "EMFR": "Giám sát Lạnh", "EMOD": "RT-1",
    "EPQS": "E006/052", "ESER": "rt-0007", "EMSV": "3.1",
    "DLST": {"TVC": {"SID": "s1", "SMFR": "Giám sát Lạnh", "SMOD": "NTC"}},
}  # fmt: skip


def ems(abst: str = FIRST, **fields: Any) -> dict[str, Any]:
    """A record of mains-powered fridge that is well."""
    usual = {
        "ABST": abst, "ALRM": None, "BEMD": 410.5, "BLOG": 800, "CMPR": 240, "DORV": 12, "EERR": None,
        "LERR": None, "SVA": 900, "TAMB": 31.4, "TVC": 4.6,
    }  # fmt: skip
    return usual | fields


def rtm(abst: str = FIRST, **fields: Any) -> dict[str, Any]:
    return {"ABST": abst, "ALRM": None, "BEMD": 21.0, "EERR": None} | fields


def transfer(*records: Any, kind: str = "ems", version: str = "0.8.1", **header: Any) -> dict[str, Any]:
    report = (EMS_HEADER if kind == "ems" else RTM_HEADER) | header | {"records": list(records)}
    return envelope(report, kind=kind, version=version)


def envelope(*reports: Any, kind: str = "ems", version: Any = "0.8.1") -> dict[str, Any]:
    meta = {
        "schemaVersion": version, "transferType": kind, "transferId": "7c1e", "transferSrc": "vn.example",
        "transferredAt": "2026-11-22T06:46:30Z",
    }  # fmt: skip
    return {"meta": meta, "data": list(reports)}


def body(told: Any) -> bytes:
    return json.dumps(told).encode()


def appliance(name: str = "tu-lanh-01", **settings: Any) -> ColdHttpConfig:
    return ColdHttpConfig.model_validate({"id": name, "kind": "cold_http"} | settings)


def understood(told: dict[str, Any], **settings: Any) -> Understood:
    read, config = read_transfer(body(told)), appliance(**settings)
    return understand(read, read_report(read, 0), RECEIVED_MS, config, config.alarm_codes)


def readings(told: dict[str, Any], **settings: Any) -> dict[str, Reading]:
    """By key; a key that stands twice fails."""
    facts = understood(told, **settings).facts
    assert len({fact.key for fact in facts}) == len(facts)
    return {fact.key: payload(fact) for fact in facts}


def payload(fact: Fact) -> Reading:
    assert isinstance(fact.payload, Reading)
    return fact.payload
