"""The hub's side of simulated gates: sites and devices."""

from collections.abc import Sequence

from simulators.gates.gate_plan import GateLines, GatePlan
from simulators.gates.push_lines import serial_of

TRUST_LIST = "trust-list.json"
_HERE = 'peers = ["127.0.0.0/8"]'  # simulated terminals on this machine need no key


def gates_toml(plans: Sequence[GatePlan], lines: GateLines) -> str:
    """``[[site]]`` and ``[[device]]`` tables."""
    parts = [_site(site) for site in sorted({plan.site for plan in plans})]
    parts += [device_toml(plan, lines) for plan in plans]
    return "\n".join(parts)


def device_toml(plan: GatePlan, lines: GateLines) -> str:
    """One gate; a serial line of the hub's side is named by whoever laid it."""
    head = ["[[device]]", f'id = "{plan.id}"', f'site = "{plan.site}"', *_line(plan, lines)]
    told = [f'direction = "{plan.direction}"', f'zone = "{plan.zone}"', f'trust_list = "{TRUST_LIST}"']
    return "\n".join([*head, *told, plan.rules.toml(), ""])


def _site(site: str) -> str:
    number = site.rpartition("-")[2]
    return (
        f'[[site]]\nid = "{site}"\nname = "Điểm kiểm soát mô phỏng {number}"\nkind = "quarantine"\n'
        'district = "731"\n'
    )


def _line(plan: GatePlan, lines: GateLines) -> list[str]:
    match plan.way:
        case "serial":
            return ['kind = "gate_serial"', f'path = "{plan.end}.hub"', *_gap(plan)]
        case "listening":
            host, first = lines.listening or ("", 0)
            return [
                'kind = "gate_tcp"',
                f'host = "{host}"',
                f"port = {first + plan.number}",
                'role = "dial"',
                *_gap(plan),
            ]
        case "tcp":
            _, port = lines.tcp or ("", 0)
            return ['kind = "gate_tcp"', f"port = {port}", f'peers = ["{plan.address}/32"]', *_gap(plan)]
        case "json":
            return ['kind = "gate_http"', 'dialect = "plain"', _HERE]
        case "zkteco":
            terminal = ['dialect = "zkteco"', f'serial = "{serial_of(plan.id)}"', 'peers = ["127.0.0.0/8"]']
            return ['kind = "gate_http"', *terminal]


def _gap(plan: GatePlan) -> list[str]:
    """A scanner with a terminator may pause within a code: our machine may be busy."""
    return [] if plan.framing.silent else ["gap_ms = 5000"]
