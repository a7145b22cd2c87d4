"""What the API process is told by the process that starts it: one JSON object."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from hub.errors import ConfigError

Role = Literal["hub", "edge", "both"]
EVERYWHERE: tuple[Role, ...] = ("hub", "edge", "both")  # which roles serve a route or a page
BY_STORE: tuple[Role, ...] = ("hub", "both")
BY_EDGE: tuple[Role, ...] = ("edge", "both")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Settings of one API process; every path is absolute or relative to its working directory.

    ``sites``: {id name kind district}; ``devices``: {id site kind profile} and what a cce-interop transfer
    tells of them, {cce.AMFR …}. ``hosts`` are further names that the ``Host`` header may carry when somebody
    reaches the API by name.

    ``role``: whose API this is. ``edge``: id of the edge beside us, reached by ``edge_socket`` (role edge:
    ``control_socket`` is its socket too). ``edges``: {id url} of edges elsewhere, told to people.
    ``alarms_dir``: where an edge alone that judges by itself keeps its own alarms.
    """

    data_dir: Path
    control_socket: Path
    keys_file: Path
    role: Role = "hub"
    edge: str = ""
    edge_socket: Path | None = None
    alarms_dir: Path | None = None
    edges: Sequence[dict[str, str]] = ()
    store_url: str | None = None
    store_password: str | None = field(default=None, repr=False)
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

    @property
    def has_hub(self) -> bool:
        """Whether a store and a hub stand behind this API."""
        return self.role != "edge"

    @property
    def has_edge(self) -> bool:
        """Whether an edge stands behind this API."""
        return self.role != "hub"

    def url_of_edge(self, edge: str) -> str | None:
        """The address of an edge's own console; None where nobody told it."""
        return next((told.get("url") or None for told in self.edges if told["id"] == edge), None)


def settings_from_json(body: bytes) -> ApiSettings:
    """Settings of a JSON object; raises ConfigError that names the field, never its value."""
    try:
        told = msgspec.json.decode(body, type=ApiSettings, dec_hook=_path)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"API settings: {error}") from error
    if told.has_edge and not (told.edge and told.edge_socket):
        raise ConfigError(f"API settings: role {told.role} needs edge and edge_socket")
    return told


def settings_to_json(settings: ApiSettings) -> bytes:
    return msgspec.json.encode(settings, enc_hook=str)


def _path(wanted: type, value: object) -> Path:
    if wanted is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError
