"""``epihub bus``: what the operator of another broker needs from us."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.errors import EpihubError

if TYPE_CHECKING:
    from hub.config.models import Config

DIAL_SECONDS = 5.0

app = typer.Typer(no_args_is_help=True, help="Accounts for a broker that is not epihub's own.")


class Broker(StrEnum):
    """Brokers whose words we know."""

    NATS = "nats"
    MOSQUITTO = "mosquitto"
    RABBITMQ = "rabbitmq"


@app.callback()
def bus() -> None:
    """Makes ``acl`` a command of a group."""


@app.command()
def acl(
    broker: Annotated[Broker, typer.Option("--for", help="Which broker.")],
    config: Annotated[Path, typer.Option("--config", "-c", help="The hub's configuration.")] = Path(
        "epihub.toml"
    ),
) -> None:
    """Print who may publish and subscribe what: hub, API, edges, devices. Never a password."""
    from hub.broker.acl import FORMATS
    from hub.broker.roster import of_other_broker
    from hub.config.loader import load

    typer.echo(FORMATS[broker](of_other_broker(load(config))), nl=False)


def why_not_let_in(config: "Config") -> str:
    """What a connection to ``[bus] url`` meets, in words; "" when the broker takes it."""
    from hub.mqtt.address import address_from_url
    from hub.mqtt.connection import connect

    bus = config.bus

    async def dial() -> None:
        password = bus.password.reveal() if bus.password else ""
        address = address_from_url(bus.url or "", bus.username or "", password, bus.ca_file)
        name = f"epihub-doctor-{config.edge.id}"
        connection = await connect(
            address, name, clean=True, on_messages=lambda _: None, connect_timeout_seconds=DIAL_SECONDS
        )
        await connection.close()

    try:
        asyncio.run(dial())
    except EpihubError as error:
        return str(error)
    return ""
