"""The embedded broker as a process: started, watched, ended, killed, and never somebody else's."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from hub.broker.accounts import BusAccount, edge_account, hub_account
from hub.broker.server import EmbeddedBroker, binary
from hub.errors import BusUnavailable, OperatorError
from hub.mqtt.address import address_from_url
from hub.mqtt.connection import BrokerAddress, Incoming, connect
from tests.broker.certificates import Authority
from tests.ports import free_port

pytestmark = pytest.mark.slow

ACCOUNTS = (hub_account("hub-password"), edge_account("edge-1", "edge-password"))


@asynccontextmanager
async def running(broker: EmbeddedBroker) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(broker.run(), name="broker")
    ready = asyncio.create_task(broker.ready.wait())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    assert not task.done() or task.result()
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


def hub_address(broker: EmbeddedBroker) -> BrokerAddress:
    return BrokerAddress("127.0.0.1", broker.settings.port, "hub", "hub-password")


def nothing(_messages: list[Incoming]) -> None:
    pass


async def refusal(broker: EmbeddedBroker) -> str:
    with pytest.raises(OperatorError) as caught:
        await broker.run()
    assert "password" not in str(caught.value).replace("any password", "")
    return str(caught.value)


async def test_the_constructor_touches_nothing(tmp_path: Path) -> None:
    EmbeddedBroker(tmp_path / "data", "127.0.0.1", 1, ACCOUNTS)
    assert not (tmp_path / "data").exists()


async def test_it_serves_until_it_is_cancelled_and_leaves_nobody(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), ACCOUNTS)
    async with running(broker):
        pid = broker.pid
        assert pid is not None
        connection = await connect(hub_address(broker), "c", clean=True, on_messages=nothing)
        await connection.close()
    assert not psutil.pid_exists(pid)
    assert broker.pid is None
    assert not broker.ready.is_set()


async def test_the_store_is_private(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), ACCOUNTS)
    async with running(broker):
        assert stat.S_IMODE((tmp_path / "broker" / "nats.conf").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "broker").stat().st_mode) == 0o700


async def test_it_listens_only_where_it_was_told_and_natively_for_nobody(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), ACCOUNTS)
    async with running(broker):
        listening = [
            each.laddr for each in psutil.Process(broker.pid).net_connections() if each.status == "LISTEN"
        ]
        assert {each.ip for each in listening} == {"127.0.0.1"}
        (native,) = {each.port for each in listening} - {broker.settings.port}
        answer = await native_login(native, "hub", "hub-password")
        assert b"-ERR 'Authorization Violation'" in answer


async def native_login(port: int, user: str, password: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b'CONNECT {"verbose":false,"user":"%s","pass":"%s"}\r\nPING\r\n' % (user.encode(), password.encode())
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        text = await refusal(EmbeddedBroker(tmp_path, "127.0.0.1", port, ACCOUNTS))
    assert f"port {port}" in text
    assert "[bus] port" in text


async def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    assert "192.0.2.1" in await refusal(EmbeddedBroker(tmp_path, "192.0.2.1", free_port(), ACCOUNTS))


async def test_a_data_directory_in_use_is_named(tmp_path: Path) -> None:
    async with running(EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), ACCOUNTS)):
        second = EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), ACCOUNTS)
        assert str(tmp_path / "broker") in await refusal(second)


async def test_a_missing_binary_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPIHUB_NATS_SERVER", str(tmp_path / "absent"))
    text = await refusal(EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), ACCOUNTS))
    assert "EPIHUB_NATS_SERVER" in text


async def test_a_stranger_that_takes_any_password_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = tmp_path / "stranger"
    stranger.write_text(f"#!{sys.executable}\n" + ANYBODY)
    stranger.chmod(0o755)
    port = free_port()
    monkeypatch.setenv("EPIHUB_NATS_SERVER", str(stranger))
    monkeypatch.setenv("STRANGER_PORT", str(port))
    assert "not ours" in await refusal(EmbeddedBroker(tmp_path, "127.0.0.1", port, ACCOUNTS))


async def test_a_server_that_cannot_write_any_more_is_ended_to_be_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen after one ENOSPC: sessions are refused for good, also when there is room again."""
    full = tmp_path / "full"
    full.write_text(f"#!{sys.executable}\n" + OUT_OF_SPACE)
    full.chmod(0o755)
    monkeypatch.setenv("EPIHUB_NATS_SERVER", str(full))
    broker = EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), ACCOUNTS)
    async with asyncio.timeout(60):
        with pytest.raises(BusUnavailable, match="no space left on device"):
            await broker.run()


OUT_OF_SPACE = """
import signal, sys
line = "[7] 2026/11/23 00:54:44.599000 [ERR] Filestore [$MQTT_sess] Critical write error: write 1.blk: {}"
sys.stderr.write(line.format("no space left on device") + chr(10))
sys.stderr.flush()
signal.pause()
"""
ANYBODY = """
import os, socket
listener = socket.create_server(("127.0.0.1", int(os.environ["STRANGER_PORT"])))
while True:
    line, _ = listener.accept()
    line.recv(4096)
    line.sendall(bytes((0x20, 2, 0, 0)))
"""


async def test_a_killed_server_is_told_and_starts_again_with_its_store(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), ACCOUNTS)
    async with running(broker) as task:
        hub = await connect(hub_address(broker), "hub-p00", clean=False, on_messages=nothing)
        await hub.subscribe("epihub/v1/evt/p00/#")
        await hub.publish_one("epihub/v1/receipt/edge-1", b"{}", retain=True)
        assert broker.pid is not None
        os.kill(broker.pid, signal.SIGKILL)
        with pytest.raises(BusUnavailable, match="ended with code"):
            await task
        await hub.lost()
    async with running(broker):
        again = await connect(hub_address(broker), "hub-p00", clean=False, on_messages=nothing)
        assert again.session_present
        await again.close()


async def test_a_server_that_will_not_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "jetstream").write_text("a file where the store should be")
    with pytest.raises(BusUnavailable, match="ended with code 1: "):
        await EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), ACCOUNTS).run()


async def test_refused_publications_are_logged_without_their_topic(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    accounts = (*ACCOUNTS, BusAccount("device", "device-password", ("zigbee2mqtt/#",)))
    broker = EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), accounts)
    async with running(broker) as task:
        address = BrokerAddress("127.0.0.1", broker.settings.port, "device", "device-password")
        device = await connect(address, "nguyen-van-a", clean=True, on_messages=nothing)
        await device.publish_one("patients/nguyen-van-a", b"0912345678")
        await device.close()
    assert task.done()
    assert "Publish Violation" in caplog.text
    assert "nguyen" not in caplog.text
    assert "0912345678" not in caplog.text
    assert "authentication error" not in caplog.text  # the probe's own


PARENT = """
import asyncio, sys
from pathlib import Path
from hub.broker.accounts import hub_account
from hub.broker.server import EmbeddedBroker

async def main():
    broker = EmbeddedBroker(Path(sys.argv[1]), "127.0.0.1", int(sys.argv[2]), [hub_account("hub-password")])
    running = asyncio.create_task(broker.run())
    await broker.ready.wait()
    print(broker.pid, flush=True)
    await running

asyncio.run(main())
"""


async def test_kill_9_of_us_takes_the_server_along_and_the_next_start_is_fine(tmp_path: Path) -> None:
    port = free_port()
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), str(port), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    server = psutil.Process(int(await parent.stdout.readline()))
    assert server.name() == "nats-server"
    parent.kill()
    await parent.wait()
    try:
        # At once: the port and the store's lock may still be held by the dying server.
        async with running(EmbeddedBroker(tmp_path, "127.0.0.1", port, ACCOUNTS)):
            assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
    finally:
        if server.is_running():  # only when this test fails; psutil tells it from a reused pid
            server.kill()


async def test_tls_for_those_who_trust_the_certificate_and_nobody_else(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    tls = authority.issue(["localhost"])
    broker = EmbeddedBroker(tmp_path, "127.0.0.1", free_port(), ACCOUNTS, tls=tls)
    url = f"mqtts://localhost:{broker.settings.port}"
    async with running(broker):
        trusting = address_from_url(url, "hub", "hub-password", authority.certificate)
        connection = await connect(trusting, "c", clean=True, on_messages=nothing)
        await connection.publish_one("epihub/v1/receipt/edge-1", b"{}")
        await connection.close()
        for address in (address_from_url(url, "hub", "hub-password"), hub_address(broker)):
            with pytest.raises(BusUnavailable) as caught:
                await connect(address, "c", clean=True, on_messages=nothing, connect_timeout_seconds=1)
            assert "hub-password" not in str(caught.value)


def test_the_package_brings_the_binary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EPIHUB_NATS_SERVER", raising=False)
    assert binary().name == "nats-server"
