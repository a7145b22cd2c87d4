"""A TOML document, and in words why it is none."""

import re
import tomllib
from typing import Any

from hub.errors import ConfigError

LARGEST_BYTES = 4 * 1024 * 1024


def tables(text: str, name: str) -> dict[str, Any]:
    """What ``text`` says; ``name`` stands for the file in messages. Raises ConfigError."""
    if len(text) > LARGEST_BYTES:
        raise ConfigError(f"{name}: over {LARGEST_BYTES // 1024**2} MiB, this is no epihub.toml")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(str(error), text, name)) from error
    except RecursionError as error:
        raise ConfigError(f"{name}:1: nested too deep") from error
    except ValueError as error:
        # Python refuses to read whole numbers of more than 4300 digits; tomllib lets that through.
        raise ConfigError(f"{name}:1: a number with too many digits") from error


def _syntax(message: str, text: str, name: str) -> str:
    """The words of tomllib with its place moved to the front; they name keys and single characters only."""
    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    line = place[1] if place and place[1] else text.rstrip("\n").count("\n") + 1
    column = f", column {place[2]}" if place and place[2] else ""
    what = message[: place.start()] if place else message
    return f"{name}:{line}: not TOML: {what[:200]}{column}"
