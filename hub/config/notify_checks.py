"""What ``[notify]`` must fit together: names that are known, and what each kind of channel needs."""

from collections.abc import Iterable, Iterator, Sequence

from hub.config.draft import Draft
from hub.config.locate import Path
from hub.config.mistakes import near
from hub.config.notify_channel_checks import check_channel, takes_address
from hub.config.notifying import NotifySection, NotifyStep


def check_notify(draft: Draft) -> None:
    """Note every mistake."""
    notify = draft.part(NotifySection, "notify")
    if notify is None:
        return
    for table in ("channel", "person", "schedule", "chain"):
        _unique(draft, table, [each.id for each in getattr(notify, f"{table}s")])
    for n, channel in enumerate(notify.channels):
        check_channel(draft, ("notify", "channel", n), channel)
    channels = [channel.id for channel in notify.channels]
    persons = [person.id for person in notify.persons]
    schedules = [schedule.id for schedule in notify.schedules]
    sites = [str(entry.get("id")) for entry in draft.entries("site")]
    for kind, known, named in (
        ("channel", channels, _channels_named(notify)),
        ("person", persons, _persons_named(notify)),
        ("schedule", schedules, _schedules_named(notify)),
    ):
        _known(draft, f"[[notify.{kind}]]", known, named)
    _known(draft, "[[site]]", sites, _sites_named(notify))
    _steps(draft, notify)
    _reaches(draft, notify)


def _unique(draft: Draft, table: str, names: Sequence[str]) -> None:
    for n, name in enumerate(names):
        first = names.index(name)
        if first != n:
            draft.wrong(("notify", table, n, "id"), "already used", ("notify", table, first, "id"))


def _known(draft: Draft, table: str, known: Sequence[str], named: Iterable[tuple[Path, str]]) -> None:
    for path, name in named:
        if name not in known:
            draft.wrong(path, f"no {table} has this id{near(name, known)}")


def _channels_named(notify: NotifySection) -> Iterator[tuple[Path, str]]:
    for n, person in enumerate(notify.persons):
        for m, reach in enumerate(person.reach):
            yield ("notify", "person", n, "reach", m, "channel"), reach.channel
    for path, step in _all_steps(notify):
        for m, name in enumerate(step.channels):
            yield (*path, "channels", m), name


def _persons_named(notify: NotifySection) -> Iterator[tuple[Path, str]]:
    for n, schedule in enumerate(notify.schedules):
        yield ("notify", "schedule", n, "otherwise"), schedule.otherwise
        for m, shift in enumerate(schedule.shifts):
            yield ("notify", "schedule", n, "shifts", m, "person"), shift.person
    for path, step in _all_steps(notify):
        for m, name in enumerate(step.persons):
            yield (*path, "persons", m), name


def _schedules_named(notify: NotifySection) -> Iterator[tuple[Path, str]]:
    for path, step in _all_steps(notify):
        for m, name in enumerate(step.schedules):
            yield (*path, "schedules", m), name


def _sites_named(notify: NotifySection) -> Iterator[tuple[Path, str]]:
    for n, chain in enumerate(notify.chains):
        for m, name in enumerate(chain.sites):
            yield ("notify", "chain", n, "sites", m), name


def _all_steps(notify: NotifySection) -> Iterator[tuple[Path, NotifyStep]]:
    for n, chain in enumerate(notify.chains):
        for m, step in enumerate(chain.steps):
            yield ("notify", "chain", n, "steps", m), step


def _steps(draft: Draft, notify: NotifySection) -> None:
    """Each tells somebody, later ones later; a channel that is told itself has an address if it needs one."""
    by_id = {channel.id: channel for channel in notify.channels}
    for n, chain in enumerate(notify.chains):
        after = [step.after_minutes for step in chain.steps]
        if after != sorted(after):
            draft.wrong(("notify", "chain", n, "steps"), "must stand in the order of after_minutes")
    for path, step in _all_steps(notify):
        if not (step.persons or step.schedules or step.channels):
            draft.wrong(path, "tells nobody: name persons, schedules or channels")
        for m, name in enumerate(step.channels):
            found = by_id.get(name)
            if found and takes_address(found) and found.to is None:
                draft.wrong((*path, "channels", m), "this channel has no address of its own: set its key to")


def _reaches(draft: Draft, notify: NotifySection) -> None:
    relays = {channel.id for channel in notify.channels if channel.kind == "relay"}
    for n, person in enumerate(notify.persons):
        for m, reach in enumerate(person.reach):
            if reach.channel in relays:
                text = "a relay reaches nobody by name: write it into the channels of a step"
                draft.wrong(("notify", "person", n, "reach", m, "channel"), text)
