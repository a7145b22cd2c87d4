"""A password named in the configuration and kept in the environment or in a file of its own."""

import os
import stat
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr, ValidationInfo, WithJsonSchema

LONGEST_SECRET_BYTES = 4096
OPEN_TO_OTHERS = stat.S_IROTH | stat.S_IWOTH
HOW_SECRET = 'write { env = "NAME" } or { file = "PATH" }'


def _read_secret(value: Any, info: ValidationInfo) -> Any:
    """Read it while the configuration is loaded; a file's path starts at ``context["base"]``."""
    match value:
        case None | SecretStr():
            return value
        case {"env": str(name), **rest} if not rest:
            text = os.environ.get(name, "")
        case {"file": str(name), **rest} if not rest:
            text = _read_file((info.context or {}).get("base", Path()) / name)
        case str():
            raise ValueError(f"a secret must not stand in this file: {HOW_SECRET}")
        case _:
            raise ValueError(f"a secret has one source: {HOW_SECRET}")
    if not text:
        raise ValueError("the secret's source is not there or empty")
    return SecretStr(text)


def _read_file(path: Path) -> str:
    try:
        if path.stat().st_mode & OPEN_TO_OTHERS:
            raise ValueError("the secret's file is open to others: chmod 600 it")
        with path.open("rb") as file:
            content = file.read(LONGEST_SECRET_BYTES + 1)
        text = content.decode()
    except OSError as error:
        raise ValueError(f"the secret's file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError("the secret's file is not UTF-8 text") from error
    if len(content) > LONGEST_SECRET_BYTES:
        raise ValueError(f"the secret's file is over {LONGEST_SECRET_BYTES} bytes")
    return text.removesuffix("\n").removesuffix("\r")


Secret = Annotated[
    SecretStr,
    BeforeValidator(_read_secret),
    WithJsonSchema({"type": "object", "title": "Secret", "description": HOW_SECRET}),
]
