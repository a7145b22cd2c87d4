"""``epihub chaos``: a bad line between any client and any server."""

import asyncio
import signal
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated

import typer

from hub.errors import ConfigError, OperatorError

if TYPE_CHECKING:
    from hub.chaos.faults import Moment
    from hub.chaos.proxy import Address, Proxy


def chaos(
    listen: Annotated[str, typer.Option("--listen", help="HOST:PORT to listen on; port 0: a free one.")],
    to: Annotated[str, typer.Option("--to", help="HOST:PORT of the server behind the line.")],
    faults: Annotated[list[str] | None, typer.Argument(help="Faults from the start: cut, hold=up …")] = None,
    script: Annotated[
        Path | None, typer.Option("--script", help="Lines SECONDS WORDS: faults that change by themselves.")
    ] = None,
    control: Annotated[
        bool, typer.Option("--control", help="Take further words from standard input, a line at a time.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same pieces and delays.")] = 1,
) -> None:
    """A TCP line with faults: cut, held, swallowed, throttled, delayed, reset, sliced."""
    from hub.chaos.faults import Faults, parse, parse_script
    from hub.chaos.line import Line
    from hub.chaos.proxy import Proxy

    order = parse(" ".join(faults or ()), Faults())
    moments = parse_script(script.read_text("utf-8")) if script else []

    async def serve() -> None:
        proxy = Proxy(Line(Random(seed), order.faults), _address(listen), _address(to))
        await _serve(proxy, moments, control=control)

    asyncio.run(serve())


async def _serve(proxy: "Proxy", moments: "list[Moment]", *, control: bool) -> None:
    running = asyncio.ensure_future(_run(proxy, moments, control=control))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        _tell(_figures(proxy))


async def _run(proxy: "Proxy", moments: "list[Moment]", *, control: bool) -> None:
    try:
        await _all(proxy, moments, control=control)
    except* OperatorError as errors:
        raise OperatorError(str(errors.exceptions[0])) from None


async def _all(proxy: "Proxy", moments: "list[Moment]", *, control: bool) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(proxy.run(), name="proxy")  # when it cannot listen, the group ends
        _tell(f"{await proxy.listening} -> {proxy.to}: {proxy.line.faults}")
        if moments:
            told = tasks.create_task(
                proxy.follow(moments, lambda moment: _tell(f"{moment.seconds:g} s: {proxy.line.faults}"))
            )
            told.set_name("script")
        if control:
            tasks.create_task(_obey_input(proxy), name="control")


async def _obey_input(proxy: "Proxy") -> None:
    """A wrong line is told and changes nothing; the end of the input changes nothing either."""
    from hub.chaos.faults import parse

    reader = asyncio.StreamReader(limit=4096)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        try:
            proxy.obey(parse(line.decode("utf-8", "replace"), proxy.line.faults))
        except ConfigError as error:
            _tell(str(error))
        else:
            _tell(f"{proxy.line.faults} · {_figures(proxy)}")


def _figures(proxy: "Proxy") -> str:
    counters = proxy.line.counters
    return (
        f"{proxy.connections} connections now, {counters.taken} taken, {counters.refused} refused, "
        f"{counters.ended} ended by faults, {counters.bytes['up']} bytes up, {counters.bytes['down']} down"
    )


def _address(text: str) -> "Address":
    from hub.chaos.proxy import Address

    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"{text[:100]}: write HOST:PORT")
    return Address(host.strip("[]"), int(port))


def _tell(text: str) -> None:
    typer.echo(f"epihub chaos: {text}", err=True)
