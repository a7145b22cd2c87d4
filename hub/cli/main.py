"""Commands of epihub. What a command needs is imported when it runs: ``epihub --help`` is quick."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import (
    access,
    audit,
    backup,
    bus,
    calibrate,
    camera,
    captures,
    chaos,
    checks,
    destination,
    export,
    forward,
    intake,
    keys,
    lots,
    notify,
    orders,
    people,
    places,
    profile,
    projection,
    tls,
    tools,
)
from hub.errors import ConfigError, EpihubError

if TYPE_CHECKING:
    from hub.runtime.node import Role

EXIT_CONFIG = 2
EXIT_REFUSED = 1

app = typer.Typer(
    name="epihub",
    help="Connects the devices of a health department to its reporting systems.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(captures.app, name="quarantine")
app.add_typer(access.app, name="key")
app.add_typer(access.users, name="user")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="vault")
app.add_typer(bus.app, name="bus")
app.add_typer(profile.app, name="profile")
app.add_typer(forward.app, name="forward")
app.add_typer(orders.app, name="orders")
app.add_typer(notify.app, name="notify")
app.add_typer(lots.app, name="lots")
app.add_typer(people.app, name="list")
app.add_typer(camera.app, name="camera")
app.add_typer(places.app, name="map")
app.add_typer(projection.app, name="projection")
app.add_typer(tls.app, name="tls")
app.add_typer(destination.app, name="destination")

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
DEFAULT_CONFIG = Path("epihub.toml")


def _version(wanted: bool) -> None:
    if wanted:
        from hub.version import epihub_version

        typer.echo(f"epihub {epihub_version()}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Tell the version.")
    ] = False,
) -> None:
    """Options before the command."""


@app.command()
def demo(
    data: Annotated[Path, typer.Option("--data", help="Where the demo keeps its data.")] = Path("data/demo"),
    port_base: Annotated[
        int | None, typer.Option("--port-base", min=1024, max=65000, help="First of the ports.")
    ] = None,
) -> None:
    """A simulated Đồng Nai province, live, without configuration."""
    from hub.cli.demo import run_demo

    run_demo(data, port_base)


@app.command()
def up(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Edge and hub on one machine."""
    _run_node(config, {"edge", "hub"})


@app.command()
def edge(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Only the side that speaks to devices."""
    _run_node(config, {"edge"})


@app.command()
def hub(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Only the side that stores, with API and console."""
    _run_node(config, {"hub"})


def _run_node(config: Path, roles: "set[Role]") -> None:
    from hub.cli.start import run_node

    run_node(config, roles)


app.command()(checks.check)
app.command()(checks.doctor)
app.command()(checks.schema)
app.command()(tools.init)
app.command()(backup.backup)
app.command()(backup.verify)
app.command()(backup.restore)
app.command()(export.export)
app.command()(chaos.chaos)
app.command()(calibrate.calibrate)
app.command()(intake.intake)
app.command()(calibrate.calibrations)
# The simulators have a command line of their own, --help included.
app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)(tools.simulate)


def main() -> None:
    """Entry point: refusals are one clear text on standard error, not a traceback."""
    _guarded(app)


def _guarded(command: Callable[[], object]) -> None:
    try:
        command()
    except ConfigError as error:
        typer.echo(str(error), err=True)
        sys.exit(EXIT_CONFIG)
    except (EpihubError, ConnectionError) as error:
        typer.echo(f"epihub: {error}", err=True)
        sys.exit(EXIT_REFUSED)
    except OSError as error:
        if error.filename is None:
            raise  # no file that the operator named: a fault of ours, with its traceback
        typer.echo(f"epihub: {error.filename}: {error.strerror}", err=True)
        sys.exit(EXIT_REFUSED)
