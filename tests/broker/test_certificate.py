"""The end of a certificate is told before it comes."""

import ssl
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.broker.certificate import trouble_ahead
from hub.errors import ConfigError
from hub.mqtt.tls import trusting
from tests.broker.certificates import Authority

DOCS = Path(__file__).parents[2] / "docs" / "bus.md"


@pytest.mark.parametrize(("days", "said"), [(-1, "expired on"), (29, "expires on"), (31, "")])
def test_it_is_told_from_thirty_days_before(tmp_path: Path, days: int, said: str) -> None:
    tls = Authority(tmp_path, "ours").issue(["localhost"], days)
    told = trouble_ahead(tls.certificate, datetime.now(UTC))
    assert said in told
    assert bool(told) == bool(said)


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("something else")
    for name in ("key.pem", "absent.pem"):
        with pytest.raises(ConfigError, match=name):
            trouble_ahead(tmp_path / name, datetime.now(UTC))


def test_the_commands_of_the_manual_make_what_edges_trust(tmp_path: Path) -> None:
    commands = DOCS.read_text("utf-8").split("<!-- openssl")[1].split("```\n")[1]
    subprocess.run(["sh", "-e", "-c", commands], cwd=tmp_path, check=True, capture_output=True, timeout=30)
    assert (tmp_path / "hub.key").stat().st_mode & 0o077 == 0
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "hub.pem", tmp_path / "hub.key")
    for name in ("hub.example", "10.1.2.3"):
        shake_hands(server, trusting(tmp_path / "ca.pem"), name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, trusting(tmp_path / "ca.pem"), "other.example")


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """In memory; raises SSLCertVerificationError."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for end in ends * 3:
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    assert ends[0].version() is not None
