"""``epihub bus``: what the operator of another broker needs from us."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

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
