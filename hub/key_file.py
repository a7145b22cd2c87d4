"""Files of one key: 32 random bytes in hex, mode 0600, durable before anything is made with them."""

import os
from pathlib import Path

from hub.errors import ConfigError

KEY_BYTES = 32


def load_or_make_key(path: Path) -> bytes:
    """Raises ConfigError when it is there and cannot be read."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_key(path, os.urandom(KEY_BYTES))
    return load_key(path)


def load_key(path: Path) -> bytes:
    """Raises ConfigError."""
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path.name}: the key file cannot be read") from error
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{path.name}: a key has {KEY_BYTES} bytes")
    return key


def write_key(path: Path, key: bytes) -> None:
    """Durable before anything is sealed with it: a key lost in a power cut loses its captures."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
