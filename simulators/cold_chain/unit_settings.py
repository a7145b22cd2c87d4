"""The hub's side of simulated units: sites, the sensors' user at the broker, devices."""

from collections.abc import Sequence

from simulators.cold_chain.talkers import cce, chirpstack, fridge_tag, modbus, table, tasmota, zigbee2mqtt
from simulators.cold_chain.unit_plan import OVER_MQTT, Lines, UnitPlan

USER, PASSWORD_ENV = "sensors", "EPIHUB_SENSOR_PASSWORD"
_DEVICES = {
    "zigbee2mqtt": zigbee2mqtt.device,
    "tasmota": tasmota.device,
    "chirpstack": chirpstack.device,
    "cce": cce.device,
}


def units_toml(plans: Sequence[UnitPlan], lines: Lines) -> str:
    """``[[bus.user]]``, ``[[site]]`` and ``[[device]]`` tables."""
    parts = [_user()] if any(plan.talker in OVER_MQTT for plan in plans) else []
    parts += [_site(site) for site in sorted({plan.site for plan in plans})]
    parts += ["\n".join(_device(plan, lines)) + "\n" for plan in plans]
    return "\n".join(parts)


def _user() -> str:
    return (
        f'[[bus.user]]\nname = "{USER}"\npassword = {{ env = "{PASSWORD_ENV}" }}\n'
        'publish = ["zigbee2mqtt/#", "tele/#", "application/#"]\n'
    )


def _site(site: str) -> str:
    number = site.rpartition("-")[2]
    return (
        f'[[site]]\nid = "{site}"\nname = "Trạm y tế mô phỏng {number}"\nkind = "clinic"\ndistrict = "731"\n'
    )


def _device(plan: UnitPlan, lines: Lines) -> list[str]:
    head = ["[[device]]", f'id = "{plan.id}"', f'site = "{plan.site}"', f'profile = "{plan.profile}"']
    if plan.talker == "table":
        return head + table.device(plan, lines.folder_of(plan))
    if plan.talker == "fridge-tag":
        return head + fridge_tag.device(plan, lines.folder_of(plan))
    if plan.talker == "modbus":
        assert lines.modbus is not None
        return head + modbus.device(plan, *lines.modbus)
    return head + _DEVICES[plan.talker](plan)
