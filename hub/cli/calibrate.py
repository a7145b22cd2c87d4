"""``epihub calibrate`` and ``epihub calibrations``: offsets of sensors, at the running hub."""

import asyncio
from getpass import getuser
from pathlib import Path
from typing import Annotated, Any

import typer

from hub.cli.captures import DEFAULT_DATA
from hub.control import SOCKET, ControlClient
from hub.errors import OperatorError

Device = Annotated[str, typer.Argument(help="Id of the device.")]
Data = Annotated[Path, typer.Option("--data", help="Data directory of the running epihub.")]
Moment = "A date (its midnight at the hub) or an RFC 3339 time."


def calibrate(
    device: Device,
    metric: Annotated[str, typer.Argument(help="Its temperature: temp.vaccine.")],
    offset: Annotated[float, typer.Option("--offset", help="Kelvin, added to what the sensor says.")],
    begins: Annotated[str, typer.Option("--from", help=Moment)],
    certificate: Annotated[str, typer.Option("--certificate", help="Who measured it, and its number.")],
    ends: Annotated[str, typer.Option("--to", help=f"{Moment} Left out: until another one.")] = "",
    by: Annotated[str, typer.Option("--by", help="Who; left out: this machine's account.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Correct a sensor from a day on; alarms are judged anew. A later calibration corrects this one."""
    asked = {"metric": metric, "offset": offset, "begins": begins, "ends": ends, "certificate": certificate}
    told = _call(data, "calibrate", device=device, by=by or getuser(), **asked)
    if told["outcome"] != "done":
        raise OperatorError(f"refused: {told['reason']}")
    calibrations(device, data)


def calibrations(device: Device, data: Data = DEFAULT_DATA) -> None:
    """What was issued for a device, the first first; * marks what counts now."""
    for each in _call(data, "calibrations", device=device)["items"]:
        mark = "*" if each["counts"] else " "
        typer.echo(
            f"{mark} {each['metric']:16} {each['offset']:+.3f} K  {each['from']} to {each['to'] or 'open'}  "
            f"issued {each['issued']} by {each['by']}  {each['certificate']}"
        )


def _call(data: Path, name: str, **arguments: Any) -> dict[str, Any]:
    return asyncio.run(ControlClient(data / SOCKET).call(name, **arguments))
