"""The kinds of destinations, one module each, loaded when a destination names it."""

from importlib import import_module
from pkgutil import iter_modules

from hub.errors import ConfigError
from hub.feeds.contract import FeedSettings, Opened


def kinds() -> list[str]:
    """By name."""
    return sorted(found.name for found in iter_modules(__path__))


def open_kind(settings: FeedSettings) -> Opened:
    """Touches nothing yet; raises ConfigError."""
    if settings.kind not in kinds():
        raise ConfigError(f"destination {settings.name}: no kind {settings.kind}")
    opened: Opened = import_module(f"{__name__}.{settings.kind}").open_feed(settings)
    return opened
