"""``[[projection]]`` as a process gets it: secrets revealed, so by stdin and nowhere else."""

from pathlib import Path

from hub.config.models import Config
from hub.config.projecting import Projection
from hub.runtime.projector_settings import SOCKET, ProjectorSettings
from hub.runtime.wiring import Wiring
from hub.secret import Secret
from storage.influx.settings import ProjectionSettings


def projector_settings(wiring: Wiring, hub_socket: Path, health_socket: Path) -> ProjectorSettings:
    """For the projector as a process of its own; ``hub_socket`` takes what is settled."""
    config, hub = wiring.config, wiring.hub_settings(hub_socket)
    return ProjectorSettings(
        hub=config.hub.name,
        data_dir=hub.data_dir,
        store_url=hub.store_url,
        store_password=hub.store_password,
        socket=str(config.hub.data_dir.resolve() / SOCKET),
        hub_socket=str(hub_socket),
        health_socket=str(health_socket),
        log_format=hub.log_format,
        log_level=hub.log_level,
        projections=projection_settings(config),
    )


def projection_settings(config: Config) -> tuple[ProjectionSettings, ...]:
    """In the order of the file."""
    return tuple(map(_settings, config.projections))


def _settings(projection: Projection) -> ProjectionSettings:
    return ProjectionSettings(
        name=projection.name,
        url=projection.url,
        dialect=projection.dialect,
        org=projection.org or "",
        bucket=projection.bucket or "",
        database=projection.database or "",
        retention_policy=projection.retention_policy or "",
        token=_revealed(projection.token),
        username=projection.username or "",
        password=_revealed(projection.password),
        read=projection.read,
        read_url=projection.read_url or "",
        ca_file=str(projection.ca_file) if projection.ca_file else "",
        history=projection.history,
        batch_points=projection.batch_points,
        series_most=projection.series_most,
        health_seconds=projection.health_seconds,
    )


def _revealed(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""
