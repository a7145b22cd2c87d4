"""``[[destination]]`` as a process gets it: secrets revealed, so by stdin and nowhere else."""

from pathlib import Path
from typing import Any

from hub.config.feeding import Destination
from hub.config.models import Config, Site
from hub.feeds.contract import FeedSettings
from hub.feeds.webhook_book import target_of
from hub.places.register import PROVINCE, Register, register
from hub.runtime.deliverer_settings import SOCKET, DelivererSettings
from hub.runtime.wiring import Wiring


def deliverer_settings(wiring: Wiring, hub_socket: Path) -> DelivererSettings:
    """For the deliverer as a process of its own; ``hub_socket`` takes what is settled."""
    config, hub = wiring.config, wiring.hub_settings(hub_socket)
    return DelivererSettings(
        data_dir=hub.data_dir,
        store_url=hub.store_url,
        store_password=hub.store_password,
        socket=str(config.hub.data_dir.resolve() / SOCKET),
        hub_socket=str(hub_socket),
        log_format=hub.log_format,
        log_level=hub.log_level,
        destinations=feed_settings(config),
    )


def feed_settings(config: Config) -> tuple[FeedSettings, ...]:
    """In the order of the file."""
    return tuple(_settings(destination, config) for destination in config.destinations)


def _settings(destination: Destination, config: Config) -> FeedSettings:
    return FeedSettings(
        name=destination.name,
        kind=destination.kind,
        target=target_of(destination.url),
        types=destination.types,
        sites=destination.sites,
        begin=destination.begin,
        at_once=1 if destination.kind == "oru" else destination.at_once,  # MLLP: one line, one at a time
        options={**_common(destination), **_own(destination, config)},
    )


def _common(destination: Destination) -> dict[str, Any]:
    return {
        "url": destination.url,
        "timeout_seconds": destination.timeout_seconds,
        "ca_file": str(destination.ca_file) if destination.ca_file else "",
    }


def _own(destination: Destination, config: Config) -> dict[str, Any]:
    match destination.kind:
        case "webhook":
            secrets = [each.reveal() for each in (destination.secret, destination.secret_before) if each]
            return {"secrets": secrets, "private": destination.private}
        case "fhir":
            places = register()
            province = places.unit(PROVINCE)
            return {
                "hub": config.hub.name,
                "token": destination.token.reveal() if destination.token else "",
                "private": destination.private,
                "province": province.name if province else "",
                "sites": {site.id: _site(site, places) for site in config.sites},
            }
        case "oru":
            return {
                "hub": config.hub.name,
                "receiving_application": destination.receiving_application or "",
                "receiving_facility": destination.receiving_facility or "",
            }


def _site(site: Site, places: Register) -> dict[str, str]:
    district = places.district(site.district)
    return {"name": site.name, "district": district.name if district else ""}
