"""What stands of alarms, as pages show it: open incidents, the rules behind them, who is out of service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.console.wording import ms_of
from hub.alarms.calibration_offsets import Offsets
from hub.alarms.calibrations import Calibrations
from hub.alarms.incidents.entries import BadEntry
from hub.alarms.incidents.rows import services_of
from hub.alarms.incidents.states import State
from hub.alarms.probes import is_of
from hub.alarms.rules import Rule
from hub.alarms.settings_in_force import Settings
from hub.errors import StoreUnavailable
from storage.contract import Row, StoreReader
from storage.incidents import IncidentFilter

OPEN_STATES = tuple(state.value for state in State if state is not State.CLOSED)
SEVERITIES = ("critical", "warning", "info")  # the worst first
# What nobody has seen comes before what waits for a decision, and that before what somebody looks after.
_STATES = ("UNACK", "LATCHED", "RTN_UNACK", "ACK", "SHELVED", "SUPPRESSED", "OUT_OF_SERVICE", "CLOSED")
UNSEEN = frozenset({"UNACK", "RTN_UNACK"})  # nobody has acknowledged it
COVERED = frozenset({"SHELVED", "SUPPRESSED", "OUT_OF_SERVICE"})
_PAGE = 500
_MOST_PAGES = 4

Rules = Mapping[tuple[str, str, str], Rule]  # by version, code and metric


@dataclass(frozen=True, slots=True)
class OpenAlarms:
    """Incidents that are not closed, the neediest first; ``more``: the newest of more than 2000."""

    rows: tuple[Row, ...] = ()
    more: bool = False

    def by_device(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(str(row["device"]), []).append(row)
        return found


@dataclass(frozen=True, slots=True)
class AlarmDesk:
    """By what alarms judge, and the devices that are out of service; ``profiles``: the rules in force now."""

    rules: Rules = field(default_factory=dict)
    resting: frozenset[str] = frozenset()
    profiles: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    calibrations: Calibrations = field(default_factory=Calibrations)

    def rule(self, incident: Row) -> Rule | None:
        """The rule that raised it, in its version; None where the store does not tell it any more."""
        version, code, metric = (str(incident[name]) for name in ("version", "kind", "metric"))
        while metric and (version, code, metric) not in self.rules:  # a single probe: temp.vaccine.top
            metric = metric.rpartition(".")[0]
        return self.rules.get((version, code, metric))

    def watching(self, device: Row, metric: str) -> list[Rule]:
        """What watches a metric of a device, the metric's single probes as well."""
        rules = self.profiles.get(str(device.get("profile") or ""), ())
        return [rule for rule in rules if is_of(metric, rule.metric)]

    def corrected(self, steps: Sequence[Row]) -> list[Row]:
        """Steps of a series as the rules see them: calibrated by what counts where each begins."""
        return [self._step(row) for row in steps]

    def _step(self, row: Row) -> Row:
        offset = self.calibrations.offset_at(row["device"], row["metric"], ms_of(row["time"]) or 0)
        if not offset:
            return row
        return row | {name: row[name] + offset / 1000 for name in ("min", "max", "mean")}

    def offsets(self, device: str, metric: str) -> Offsets:
        """By which readings of this series are corrected."""
        return Offsets(self.calibrations.counted_of(device).get(metric, ()))


def need(row: Row) -> tuple[int, int, str, str]:
    """By severity, then by state, then those that began first."""
    return (
        _place(SEVERITIES, row["severity"]),
        _place(_STATES, row["state"]),
        str(row["time"]),
        str(row["id"]),
    )


def _place(names: tuple[str, ...], name: object) -> int:
    return names.index(name) if isinstance(name, str) and name in names else len(names)


async def open_alarms(reader: StoreReader) -> OpenAlarms:
    """Raises StoreUnavailable."""
    rows: list[Row] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await reader.incidents(IncidentFilter(OPEN_STATES), limit=_PAGE, cursor=cursor)
        rows += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return OpenAlarms(tuple(sorted(rows, key=need)), cursor is not None)


async def alarm_desk(reader: StoreReader, now_ms: int) -> AlarmDesk:
    """Raises StoreUnavailable."""
    standing = await reader.alarm_standing(now_ms)
    try:
        services = services_of(standing.services)
    except BadEntry as error:
        raise StoreUnavailable(f"store.damaged_entry: {error}") from error
    settings = Settings(standing.settings)
    versions = settings.versions()
    rules = (version.rule for known in versions.values() for version in known)
    return AlarmDesk(
        {(rule.version, rule.code, rule.metric): rule for rule in rules},
        frozenset(services.out),
        {name: tuple(v.rule for v in known if v.to_ms is None) for name, known in versions.items()},
        settings.calibrations,
    )
