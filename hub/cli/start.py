"""Start a node and run it until a signal ends it."""

import asyncio
import signal
from collections.abc import Callable, Set
from pathlib import Path

import typer
import uvloop

from hub.config.models import Config
from hub.errors import EpihubError, first_of
from hub.runtime.console_place import api_of
from hub.runtime.garbage_pauses import settle_memory
from hub.runtime.node import Node, Role

POLL_SECONDS = 0.05
REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def run_node(path: Path, roles: Set[Role]) -> None:
    """Serve as the configuration at ``path`` says; raises ConfigError or OperatorError."""
    from hub import logs
    from hub.config.loader import load

    config = load(path)
    logs.setup(config.log.format, config.log.level)
    serve(Node(config, frozenset(roles)), lambda: _tell(config, roles))


def serve(node: Node, told: Callable[[], None]) -> None:
    """Run ``node``; ``told`` is called once it listens. SIGINT and SIGTERM end it cleanly."""
    uvloop.run(_serve(node, told))


async def _serve(node: Node, told: Callable[[], None]) -> None:
    running = asyncio.create_task(_run(node), name="node")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.cancel)
    ready = asyncio.create_task(_ready(node), name="ready")
    await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        settle_memory()
        told()
    ready.cancel()
    try:
        await running
    except asyncio.CancelledError:
        return


async def _ready(node: Node) -> None:
    """Return once the API takes connections: who is told an address opens it at once."""
    await node.ready.wait()
    api = node.config.api
    while node.with_api:
        try:
            _, writer = await asyncio.open_connection(REACHED_AT.get(api.host, api.host), api.port)
        except OSError:
            await asyncio.sleep(POLL_SECONDS)  # another process: nothing tells us when it listens
        else:
            writer.close()
            return


async def _run(node: Node) -> None:
    """The first refusal of a group of tasks is the one to tell."""
    try:
        await node.run()
    except* EpihubError as errors:
        raise first_of(errors) from None


def _tell(config: Config, roles: Set[Role]) -> None:
    scheme = "https" if config.api.tls_cert_file else "http"
    bus = config.bus.url or f"mqtt://{config.bus.host}:{config.bus.port} (embedded)"
    lines = [f"epihub {' + '.join(sorted(roles))} · {config.hub.name} · data in {config.hub.data_dir}"]
    lines.append(f"  bus      {bus}")
    if api_of(roles, config.hub.data_dir) is not None:
        lines.append(f"  console  {scheme}://{config.api.host}:{config.api.port}")
    if "edge" in roles:
        lines.append(f"  devices  {len(config.devices)} configured")
    lines += [f"  plain link: {device} (no TLS; only the listed peers)" for device in config.plain_links]
    lines += [f"  plain link: {each.name} to {each.to} (no TLS)" for each in config.plain_forwards]
    lines += [
        f"  plain link: {each.name} to {getattr(each, key)} (no TLS)"
        for each in config.projections
        for key in each.leaves_open()
    ]
    lines += [
        f"  plain link: {each.name} to {each.url} (no TLS)"
        for each in config.destinations
        if each.leaves_open
    ]
    typer.echo("\n".join(lines), err=True)
