"""Why an encrypted line was not opened, in words that name the remedy and nothing that the other end sent."""

import errno
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.mqtt.tls import pinned, trusting, why_not_opened


@pytest.mark.parametrize("make", [pinned, trusting])
def test_a_file_that_is_no_certificate_is_named(make: Callable[[Path], object], tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate")
    for path, what in ((empty, "not a certificate"), (tmp_path / "absent.pem", "No such file")):
        with pytest.raises(ConfigError, match=what) as caught:
            make(path)
        assert str(path) in str(caught.value)


def test_other_troubles_keep_their_words() -> None:
    refused = ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 1)")
    assert why_not_opened(refused) == "Connection refused"
    assert why_not_opened(socket.gaierror(-2, "Name or service not known")) == "Name or service not known"
    assert why_not_opened(OSError("all attempts failed")) == "all attempts failed"
    assert why_not_opened(ConnectionResetError()) == "ConnectionResetError"


def test_a_plain_port_is_named() -> None:
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    line = trusting(None).wrap_bio(received, sent, server_hostname="hub.example")
    received.write(b"\x20\x02\x00\x00")  # an MQTT broker's words
    with pytest.raises(ssl.SSLError) as caught:
        line.do_handshake()
    assert "plain port" in why_not_opened(caught.value)
