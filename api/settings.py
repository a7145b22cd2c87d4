"""What the API process is told by the hub process that starts it: one JSON object."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from hub.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Settings of one API process; every path is absolute or relative to its working directory.

    ``sites``: {id name kind district}; ``devices``: {id site kind profile}. ``hosts`` are further names
    that the ``Host`` header may carry when somebody reaches the API by name.
    """

    data_dir: Path
    control_socket: Path
    keys_file: Path
    store_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    hub: str = "epihub"
    timezone: str = "Asia/Ho_Chi_Minh"
    sites: Sequence[dict[str, str]] = ()
    devices: Sequence[dict[str, str]] = ()
    hosts: Sequence[str] = ()
    allow_plain: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    console: bool = True


def settings_from_json(body: bytes) -> ApiSettings:
    """Settings of a JSON object; raises ConfigError that names the field, never its value."""
    try:
        return msgspec.json.decode(body, type=ApiSettings, dec_hook=_path)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"API settings: {error}") from error


def settings_to_json(settings: ApiSettings) -> bytes:
    return msgspec.json.encode(settings, enc_hook=str)


def _path(wanted: type, value: object) -> Path:
    if wanted is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError
