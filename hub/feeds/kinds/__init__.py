"""The kinds of destinations, one module each, loaded when a destination names it.

Those that are sent events are here; others, as those that are sent reports, are entry points
``epihub.feeds``.
"""

from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import ModuleType

from hub.errors import ConfigError
from hub.feeds.contract import FeedSettings, Opened

ELSEWHERE = "epihub.feeds"


def kinds() -> list[str]:
    """By name."""
    return sorted({*_own(), *entry_points(group=ELSEWHERE).names})


def open_kind(settings: FeedSettings) -> Opened:
    """Touches nothing yet; raises ConfigError."""
    if settings.kind not in kinds():
        raise ConfigError(f"destination {settings.name}: no kind {settings.kind}")
    opened: Opened = _module(settings.kind).open_feed(settings)
    return opened


def _own() -> list[str]:
    return [found.name for found in iter_modules(__path__)]


def _module(kind: str) -> ModuleType:
    if kind in _own():
        return import_module(f"{__name__}.{kind}")
    (found,) = entry_points(group=ELSEWHERE, name=kind)
    module: ModuleType = found.load()
    return module
