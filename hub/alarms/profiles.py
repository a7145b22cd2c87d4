"""Profiles of rules as data: those of ``profiles/``, a file each, and any other text like them."""

from collections.abc import Iterable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from hub.alarms.profile_tables import ProfileTable
from hub.alarms.rules import Profile
from hub.config.document import tables
from hub.config.locate import locate
from hub.config.mistakes import Mistake, lines, near, retold
from hub.errors import ConfigError

_SUFFIX = ".toml"


def names() -> list[str]:
    """Of the packaged profiles."""
    return sorted(file.name.removesuffix(_SUFFIX) for file in _folder().iterdir() if _is_profile(file))


def load_profile(name: str) -> Profile:
    """A packaged profile. Raises ConfigError."""
    if name not in names():
        raise ConfigError(f"no profile of this name{near(name, names())}")
    file = _folder() / f"{name}{_SUFFIX}"
    return parse_profile(file.read_text(encoding="utf-8"), f"{name}{_SUFFIX}")


def read_profile(file: Path) -> Profile:
    """The profile of a file of an operator's own. Raises ConfigError."""
    try:
        return parse_profile(file.read_text(encoding="utf-8"), file.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file.name} cannot be read: {type(error).__name__}") from error


def profiles_with(own: Iterable[Path]) -> list[Profile]:
    """Those of the package; ``own`` ones go before. Raises ConfigError."""
    found = {name: load_profile(name) for name in names()}
    found |= {profile.name: profile for profile in map(read_profile, own)}
    return list(found.values())


def parse_profile(text: str, name: str) -> Profile:
    """The profile that ``text`` says; ``name`` stands for the file in messages.

    Raises ConfigError: a line each, ``file:line: key: what is wrong``.
    """
    raw = tables(text, name)
    try:
        table = ProfileTable.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(lines(retold(error, ProfileTable, (), raw), name, locate(text))) from error
    twice = list(_twice(table))
    if twice:
        raise ConfigError(lines(twice, name, locate(text)))
    label = f"{table.profile}@{table.version}"
    rules = tuple(rule.rule(label, table.hold_seconds) for rule in table.rule)
    return Profile(table.profile, table.version, rules, table.kinds)


def _twice(table: ProfileTable) -> Iterator[Mistake]:
    """An episode is found by metric and code: two rules must not share both."""
    first: dict[tuple[str, str], int] = {}
    for index, rule in enumerate(table.rule):
        at = first.setdefault((rule.metric, rule.code), index)
        if at != index:
            yield Mistake(
                ("rule", index, "code"), "a second rule of this metric and code", ("rule", at, "code")
            )


def _folder() -> Traversable:
    return files("hub.alarms").joinpath("profiles")


def _is_profile(file: Traversable) -> bool:
    return file.is_file() and file.name.endswith(_SUFFIX)
