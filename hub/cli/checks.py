"""``epihub check``, ``doctor`` and ``schema``: look without touching."""

import json
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.channel_findings import channel_findings, not_understood
from hub.cli.finding import Finding
from hub.errors import ConfigError, EpihubError

if TYPE_CHECKING:
    from hub.config.models import Config

EXIT_FINDING = 1
LOW_DISK_BYTES = 1024**3


def check(file: Annotated[Path, typer.Argument(help="A configuration file.")] = Path("epihub.toml")) -> None:
    """Check a configuration: every mistake at once, with its line."""
    from hub.config.loader import load

    config = load(file)
    wrong = [f"{file}: {each.what}: {each.remedy}" for each in not_understood(config) if not each.good]
    if wrong:
        raise ConfigError("\n".join(wrong))
    typer.echo(f"{file}: {len(config.sites)} sites, {len(config.devices)} devices, no mistake")


def doctor(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")] = Path(
        "epihub.toml"
    ),
) -> None:
    """Look at what epihub needs on this machine, and say what to do."""
    findings = list(_findings(config))
    for finding in findings:
        typer.echo(f"{'ok ' if finding.good else '!! '} {finding.what}")
        if not finding.good:
            typer.echo(f"     {finding.remedy}")
    if not all(finding.good for finding in findings):
        raise typer.Exit(EXIT_FINDING)


def schema(
    folder: Annotated[
        Path | None, typer.Option(help="Write one file a type here instead of printing.")
    ] = None,
    bus: Annotated[bool, typer.Option("--asyncapi", help="The AsyncAPI page of the bus instead.")] = False,
) -> None:
    """JSON Schemas of every event type, or the AsyncAPI page of the bus."""
    from hub.schemas import asyncapi, event_schemas
    from hub.version import epihub_version

    documents = {"asyncapi": asyncapi(epihub_version())} if bus else event_schemas()
    if folder is None:
        typer.echo(_json(documents["asyncapi"] if bus else documents))
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, each in documents.items():
        (folder / f"{name}.json").write_text(_json(each) + "\n", "utf-8")


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _findings(path: Path) -> Iterator[Finding]:
    yield from _parts()
    if not path.exists():
        yield Finding(False, f"{path} is missing", "epihub init makes one; epihub demo needs none")
        return
    from hub.config.loader import load

    try:
        config = load(path)
    except EpihubError as error:
        yield Finding(False, f"{path}: mistakes", str(error).replace("\n", "\n     "))
        return
    yield Finding(True, f"{path}: {len(config.sites)} sites, {len(config.devices)} devices")
    yield _disk(config.hub.data_dir)
    if config.bus.tls_cert_file:
        yield _certificate(config.bus.tls_cert_file)
    if config.embedded_broker:
        yield _port("bus", config.bus.host, config.bus.port)
        yield Finding(
            True, "bus: MQTT 3.1.1 only; it closes publishers whose topic has a space (docs/bus.md)"
        )
    else:
        yield _broker(config)
    yield _port("api", config.api.host, config.api.port)
    yield from channel_findings(config)


def _parts() -> Iterator[Finding]:
    import apsw

    from hub.broker.server import binary
    from hub.spool.schema import check_sqlite

    try:
        check_sqlite()
        yield Finding(True, f"SQLite {apsw.sqlite_lib_version()}")
    except EpihubError as error:
        yield Finding(False, "SQLite", str(error))
    try:
        yield Finding(True, f"broker: {binary().name}")
    except EpihubError as error:
        yield Finding(False, "broker", str(error))


def _disk(data_dir: Path) -> Finding:
    folder = next(parent for parent in (data_dir, *data_dir.resolve().parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    return Finding(
        free > LOW_DISK_BYTES, f"{free / 1e9:.1f} GB free for {data_dir}", "make room: 2 GB at least"
    )


def _certificate(path: Path) -> Finding:
    from hub.broker.certificate import trouble_ahead

    try:
        ahead = trouble_ahead(path, datetime.now(UTC))
    except EpihubError as error:
        return Finding(False, "certificate of the bus", str(error))
    remedy = "put a new one in its place and restart epihub"
    return Finding(not ahead, ahead or f"{path}: good for more than 30 days", remedy)


def _broker(config: "Config") -> Finding:
    from hub.cli.bus import why_not_let_in

    trouble = why_not_let_in(config)
    return Finding(not trouble, f"bus: {trouble or f'{config.bus.url} lets us in'}", "see docs/bus.md")


def _port(name: str, host: str, port: int) -> Finding:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or "taken"
            return Finding(
                False,
                f"{name}: {host}:{port}: {reason}",
                f"free it, or change [{name}] port; a running epihub has it too",
            )
    return Finding(True, f"{name}: {host}:{port} is free")
