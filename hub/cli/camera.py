"""``epihub camera``: cameras that are in the network and not in the configuration yet."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Protocol

import typer

from hub.errors import ConfigError, DeviceUnavailable, OperatorError

KIND = "rtsp"
LONGEST_SECONDS = 60.0
_COLUMNS = "{:15}  {:>5}  {:>9}  {:24}  {:24}  {}"

app = typer.Typer(no_args_is_help=True, help="Cameras: who is in the network.")


class Answered(Protocol):
    """What a camera says of itself, in printable characters."""

    @property
    def address(self) -> str: ...
    @property
    def onvif_port(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def hardware(self) -> str: ...
    @property
    def location(self) -> str: ...


class Found(Protocol):
    """``clock_offset_s``: how far its clock is ahead of ours."""

    @property
    def camera(self) -> Answered: ...
    @property
    def clock_offset_s(self) -> float | None: ...


Discover = Callable[[float, str], Coroutine[None, None, Sequence[Found]]]


@app.callback()
def cameras() -> None:
    """Keeps ``discover`` a command of its own while it is the only one."""


@app.command()
def discover(
    seconds: Annotated[
        float, typer.Option(min=0.5, max=LONGEST_SECONDS, help="How long to wait for answers.")
    ] = 3.0,
    interface: Annotated[
        str, typer.Option(help="Our own address in the cameras' network, where there are several.")
    ] = "",
) -> None:
    """Ask the network which ONVIF cameras are there: address, clock, make. Nothing is changed."""
    try:
        found = asyncio.run(_installed()(seconds, interface))
    except DeviceUnavailable as error:
        raise OperatorError("this network cannot be asked; name our address in it: --interface") from error
    for line in table(found):
        typer.echo(line)


def table(found: Sequence[Found]) -> list[str]:
    """One line a camera."""
    if not found:
        return ["no camera answered; some do so only when ONVIF is switched on in them"]
    lines = [_COLUMNS.format("address", "onvif", "clock s", "name", "hardware", "location")]
    for each in found:
        camera, ahead = each.camera, each.clock_offset_s
        clock = "-" if ahead is None else f"{ahead:+.1f}"
        texts = (camera.name, camera.hardware, camera.location)
        lines.append(_COLUMNS.format(camera.address, camera.onvif_port, clock, *texts).rstrip())
    return lines


def _installed() -> Discover:
    """What the adapter of cameras offers for it."""
    from hub.config.kinds import Kinds

    try:
        adapter = Kinds.installed().adapter(KIND)
    except ConfigError as error:
        raise OperatorError("this installation has no cameras") from error
    found: Discover | None = getattr(adapter, "discover", None)
    if found is None:
        raise OperatorError("the cameras of this installation cannot be looked for")
    return found
