"""From epihub.toml to a Config, or to the list of everything that is wrong with it."""

from pathlib import Path
from typing import Any

from hub.config.checks import check_all
from hub.config.document import LARGEST_BYTES, tables
from hub.config.draft import Draft
from hub.config.feeding import Destination
from hub.config.forwarding import Forward
from hub.config.kinds import Kinds
from hub.config.locate import locate
from hub.config.mistakes import lines
from hub.config.models import Config, EdgeSection, Site
from hub.config.projecting import Projection
from hub.contract import DeviceConfig
from hub.errors import ConfigError


def load(path: Path, *, kinds: Kinds | None = None) -> Config:
    """Read the file; relative paths in it start at its folder. Raises ConfigError with every mistake."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_BYTES:
        raise ConfigError(f"{path}: over {LARGEST_BYTES // 1024**2} MiB, this is no epihub.toml")
    try:
        # utf-8-sig: Windows editors put a byte order mark first.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: not UTF-8 text") from error
    return parse(text, str(path), base=path.parent, kinds=kinds)


def parse(text: str, name: str, *, base: Path = Path(), kinds: Kinds | None = None) -> Config:
    """Check ``text``; ``name`` stands for the file in messages, ``base`` is where relative paths start.

    Raises ConfigError: a line each, ``file:line: key: what is wrong, did you mean "near"?``.
    """
    draft = Draft(tables(text, name), kinds or Kinds.installed(), base)
    draft.read()
    check_all(draft)
    if draft.mistakes:
        raise ConfigError(lines(draft.mistakes, name, locate(text)))
    return _config(draft)


def _config(draft: Draft) -> Config:
    """Put the parts together and fill in the sites that were left out."""
    sites = [part for part in draft.parts.values() if isinstance(part, Site)]
    forwards = [part for part in draft.parts.values() if isinstance(part, Forward)]
    devices = [part for part in draft.parts.values() if isinstance(part, DeviceConfig)]
    projections = [part for part in draft.parts.values() if isinstance(part, Projection)]
    first = sites[0].id
    edge = draft.part(EdgeSection, "edge")
    assert edge is not None, "a draft without mistakes has every part"
    whole: dict[str, Any] = {str(path[0]): part for path, part in draft.parts.items() if len(path) == 1}
    whole["edge"] = edge if edge.site else edge.model_copy(update={"site": first})
    whole["sites"], whole["forwards"] = tuple(sites), tuple(forwards)
    whole["projections"] = tuple(projections)
    destinations = [part for part in draft.parts.values() if isinstance(part, Destination)]
    whole["destinations"] = tuple(destinations)
    whole["devices"] = tuple(d if d.site else d.model_copy(update={"site": first}) for d in devices)
    return Config(**whole)
