"""``epihub tls``: certificates for the API and console on a network that has no authority."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hub.tls_authority import Issued

app = typer.Typer(no_args_is_help=True, help="Certificates of your own for API and console.")
DEFAULT_DATA = Path("data")
FOLDER = "tls"
AUTHORITY, SERVER = "ca", "server"


@app.callback()
def _group() -> None:
    """Certificates of your own for API and console."""


@app.command()
def make(
    host: Annotated[
        list[str], typer.Option("--host", help="Name or address that browsers use; may be repeated.")
    ],
    data: Annotated[Path, typer.Option("--data", help="Data directory of the hub.")] = DEFAULT_DATA,
) -> None:
    """An authority (once) and a server certificate by it for 397 days; run it again to renew."""
    from hub.tls_authority import make_server

    folder, now = data / FOLDER, datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    server = make_server(_authority(folder, now, host[0]), host, now)
    _write(folder, SERVER, server)
    typer.echo(f'[api]\ntls_cert_file = "{folder / SERVER}.pem"\ntls_key_file = "{folder / SERVER}.key"')
    typer.echo(f"browsers: trust {folder / AUTHORITY}.pem; then take {folder / AUTHORITY}.key away", err=True)


def _authority(folder: Path, now: datetime, name: str) -> "Issued":
    """The one that is there, or a new one; browsers know it by its file."""
    from hub.errors import OperatorError
    from hub.tls_authority import make_authority, read_issued

    certificate, key = folder / f"{AUTHORITY}.pem", folder / f"{AUTHORITY}.key"
    if certificate.exists():
        if not key.exists():
            raise OperatorError(f"{key} was taken away: put it back for as long as this takes")
        return read_issued(certificate.read_bytes(), key.read_bytes())
    made = make_authority(name, now)
    _write(folder, AUTHORITY, made)
    return made


def _write(folder: Path, name: str, issued: "Issued") -> None:
    """The key first: a certificate is never without its own."""
    from hub.private_file import write_private

    write_private(folder / f"{name}.key", issued.key_pem)
    write_private(folder / f"{name}.pem", issued.certificate_pem)
