"""An authority of one's own: what a strict client takes, and what it does not."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.tls import app
from hub.errors import OperatorError
from hub.tls_authority import Issued, make_authority, make_server, read_issued

NOW = datetime.now(UTC)
HOSTS = ["hub.example.lan", "127.0.0.1", "::1"]


@pytest.fixture(scope="module")
def authority() -> Issued:
    return make_authority("đồng nai", NOW)


def handshake(folder: Path, authority: Issued, server: Issued, name: str, *, most: int = 0) -> str:
    """The version that both speak; raises ssl.SSLError as the client does."""
    (folder / "server.pem").write_bytes(server.certificate_pem)
    (folder / "server.key").write_bytes(server.key_pem)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(folder / "server.pem", folder / "server.key")
    theirs = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    theirs.verify_flags |= ssl.VERIFY_X509_STRICT
    here, there = socket.socketpair()

    def serve() -> None:
        try:
            ours.wrap_socket(here, server_side=True).close()
        except OSError:
            here.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with theirs.wrap_socket(there, server_hostname=name) as line:
            return line.version() or ""
    finally:
        there.close()
        thread.join()


@pytest.mark.parametrize("name", HOSTS)
def test_a_strict_client_takes_it_by_every_name(tmp_path: Path, authority: Issued, name: str) -> None:
    assert handshake(tmp_path, authority, make_server(authority, HOSTS, NOW), name) == "TLSv1.3"


def test_a_client_refuses_other_names_other_authorities_and_old_ones(
    tmp_path: Path, authority: Issued
) -> None:
    server = make_server(authority, HOSTS, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(tmp_path, authority, server, "other.example.lan")
    with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
        handshake(tmp_path, make_authority("other", NOW), server, HOSTS[0])
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        handshake(tmp_path, authority, make_server(authority, HOSTS, NOW - timedelta(days=398)), HOSTS[0])


def test_what_is_no_host_or_no_pair_is_refused(authority: Issued) -> None:
    for hosts in ([], ["a b"], ["máy-chủ"], ["x" * 254], ["h"] * 21):
        with pytest.raises(OperatorError, match="host"):
            make_server(authority, hosts, NOW)
    other = make_authority("other", NOW)
    for pair in ((authority.certificate_pem, other.key_pem), (b"x", b"y")):
        with pytest.raises(OperatorError, match="not"):
            read_issued(*pair)


def test_the_command_makes_one_authority_and_renews_servers(tmp_path: Path) -> None:
    asked = ["make", "--host", "hub.lan", "--data", str(tmp_path)]
    first = CliRunner().invoke(app, asked)
    assert (first.exit_code, "tls_cert_file" in first.stdout) == (0, True)
    folder = tmp_path / "tls"
    ca, server = (folder / "ca.pem").read_bytes(), (folder / "server.pem").read_bytes()
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert (folder / "ca.pem").read_bytes() == ca
    assert (folder / "server.pem").read_bytes() != server
    (folder / "ca.key").unlink()
    refused = CliRunner().invoke(app, asked)
    assert isinstance(refused.exception, OperatorError)
