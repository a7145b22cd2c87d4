"""Captured messages reach a LIS that misbehaves: each at least once, in order, as they came."""

import asyncio
import logging
import ssl
from pathlib import Path

import pytest

from hub.edge import forward as forward_module
from hub.errors import OperatorError
from hub.metrics import render
from hub.runtime.forward_desk import ForwardDesk
from hub.runtime.health_and_metrics import Observer
from hub.streams import now_ms
from tests.broker.certificates import Authority
from tests.fire.patience import until
from tests.forward import lis as lis_of
from tests.forward.parts import LIS, NAME, edge_with, message, send, settings, the_forward
from tests.spool.parts import every_row

MESSAGES = [message(number) for number in range(1, 6)]


def without_repeats(taken: list[bytes]) -> list[bytes]:
    """What a LIS that knows a repeat by its bytes has; a repeat stands directly behind its first."""
    return [each for at, each in enumerate(taken) if at == 0 or taken[at - 1] != each]


@pytest.mark.parametrize(
    "faults",
    [
        [],
        ["AE"],
        ["AA", "AE", "AE", "AA"],
        ["silent"],
        ["AA", "close", "close"],
        ["foreign"],
        ["CA"],
        ["then-AA"],
        ["half"],
        ["AA", "half", "AE", "foreign", "silent", "close"],
        ["noise"],
        ["bare"],
        ["twice", "twice"],
    ],
    ids="-".join,
)
async def test_every_message_arrives_in_order_and_only_the_outstanding_one_is_repeated(
    tmp_path: Path, faults: list[str]
) -> None:
    async with lis_of.running(*faults) as lis, edge_with(tmp_path, settings(lis.port)) as edge:
        for raw in MESSAGES:
            await send(edge, raw)
        await until(lambda: the_forward(edge).counters.delivered == len(MESSAGES), "all delivered")
        assert lis.accepted == MESSAGES
        assert without_repeats(lis.taken) == MESSAGES
        assert (the_forward(edge).book.waiting, the_forward(edge).book.dead) == (0, 0)
        repeats = sum(fault in ("AE", "silent", "close", "foreign", "CA", "half") for fault in faults)
        assert len(lis.taken) == len(MESSAGES) + repeats


async def test_a_refused_message_is_a_dead_letter_and_those_behind_it_go_on(tmp_path: Path) -> None:
    async with lis_of.running("AA", "AR") as lis, edge_with(tmp_path, settings(lis.port)) as edge:
        for raw in MESSAGES:
            await send(edge, raw)
        await until(lambda: the_forward(edge).counters.delivered == 4, "the others")
        assert lis.accepted == [MESSAGES[0], *MESSAGES[2:]]
        (entry,) = await edge.spool.forwards.entries(LIS, "DEAD", 10)
        assert (entry.code, entry.tries) == ("AR", 1)
        assert Observer("edge", edge, None).report()["components"]["forward"]["state"] == "degraded"
        assert any(b"forward.dead_letter" in row.body for row in await every_row(edge.spool))
        desk = ForwardDesk(edge)
        assert (await desk.retry(capture=entry.capture))["changed"] == 1
        await lis.until(lambda: lis.accepted[-1] == MESSAGES[1])
        await until(lambda: the_forward(edge).book.dead == 0, "no dead letter")
        assert Observer("edge", edge, None).report()["components"]["forward"]["state"] == "ok"


async def test_a_poison_message_is_given_up_after_its_tries(tmp_path: Path) -> None:
    async with (
        lis_of.running("AE", "close", "silent") as lis,
        edge_with(tmp_path, settings(lis.port, tries=3)) as edge,
    ):
        for raw in MESSAGES[:2]:
            await send(edge, raw)
        await lis.until(lambda: lis.accepted == [MESSAGES[1]])
        assert lis.taken == [MESSAGES[0]] * 3 + [MESSAGES[1]]
        (entry,) = await edge.spool.forwards.entries(LIS, "DEAD", 10)
        assert (entry.code, entry.tries) == ("no_answer", 3)
        await ForwardDesk(edge).skip(capture=entry.capture)
        assert the_forward(edge).book.dead == 0
        with pytest.raises(OperatorError, match="settled already"):
            await ForwardDesk(edge).skip(capture=entry.capture)
        with pytest.raises(OperatorError, match="32 hex digits"):
            await ForwardDesk(edge).retry(capture="no capture")


async def test_the_analyzer_never_waits_for_the_lis(tmp_path: Path) -> None:
    """The LIS is away; everything waits, is told, and arrives once it is there, also after a new start."""
    away = lis_of.Lis()
    await away.start()
    await away.stop()
    async with edge_with(tmp_path, settings(away.port)) as edge:
        for raw in MESSAGES[:3]:
            assert await send(edge, raw) == b"AA"
        await until(lambda: bool(the_forward(edge).counters.trouble), "a reason")
        assert the_forward(edge).book.waiting == 3
        told = Observer("edge", edge, None).report()["components"]["forward"]
        assert told["state"] == "degraded"
        assert f"{LIS}: 3 wait" in told["reason"]
    async with edge_with(tmp_path, settings(away.port)) as edge:
        for raw in MESSAGES[3:]:
            await send(edge, raw)
        assert the_forward(edge).book.waiting == 5
        await away.start()
        await until(lambda: the_forward(edge).counters.delivered == 5, "all delivered")
        assert away.accepted == away.taken == MESSAGES
    await away.stop()


async def test_a_repeat_of_the_analyzer_is_not_forwarded_again(tmp_path: Path) -> None:
    async with lis_of.running() as lis, edge_with(tmp_path, settings(lis.port)) as edge:
        for raw in (MESSAGES[0], MESSAGES[0], MESSAGES[1]):
            await send(edge, raw)
        await until(lambda: the_forward(edge).counters.delivered == 2, "both")
        assert lis.taken == MESSAGES[:2]


async def test_an_answer_sent_twice_settles_one_message_where_all_have_one_control_id(tmp_path: Path) -> None:
    """Some analyzers give every message the control id 1."""
    same = [message(number, control="1") for number in range(1, 4)]
    async with lis_of.running("twice", "AR") as lis, edge_with(tmp_path, settings(lis.port)) as edge:
        await send(edge, same[0])
        await until(lambda: the_forward(edge).counters.dropped == 1, "the second answer came")
        for raw in same[1:]:
            await send(edge, raw)
        await until(lambda: the_forward(edge).counters.delivered == 2, "first and third")
        (entry,) = await edge.spool.forwards.entries(LIS, "DEAD", 10)
        assert entry.code == "AR"


async def test_nothing_of_a_name_is_on_bus_log_metrics_or_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        lis_of.running("AE", "foreign", "AR") as lis,
        edge_with(tmp_path, settings(lis.port)) as edge,
    ):
        for raw in MESSAGES:
            await send(edge, raw)
        await until(lambda: the_forward(edge).counters.delivered == 4, "all but the refused one")
        observer = Observer("edge", edge, None)
        told = [*(str(record.__dict__) for record in caplog.records), str(observer.report())]
        told += [render(observer.registry.snapshot()), str(await ForwardDesk(edge).queues())]
        told += [str(await ForwardDesk(edge).entries())]
        told += [row.body.decode() for row in await every_row(edge.spool)]
    files = (tmp_path / "spool.db").read_bytes()
    for word in NAME.replace("^", " ").split():
        assert not any(word in each for each in told)
        assert word.encode() not in files
    assert any("HOA" in raw.decode() for raw in lis.accepted)


async def test_messages_go_into_a_folder_whole(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    async with edge_with(tmp_path, settings(1, to=inbox.as_uri())) as edge:
        for raw in MESSAGES[:2]:
            await send(edge, raw)
        await until(lambda: "no such folder" in the_forward(edge).counters.trouble, "the folder is away")
        inbox.mkdir()
        await until(lambda: the_forward(edge).counters.delivered == 2, "both")
        assert [path.read_bytes() for path in sorted(inbox.iterdir())] == MESSAGES[:2]
        assert {path.suffix for path in inbox.iterdir()} == {".hl7"}


async def test_mllps_goes_to_a_certificate_that_we_trust_and_to_no_other(tmp_path: Path) -> None:
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    issued = ours.issue(["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    lis = lis_of.Lis()
    await lis.start(context)
    to = f"mllps://127.0.0.1:{lis.port}"
    async with edge_with(tmp_path, settings(1, to=to, ca_file=other.certificate)) as edge:
        await send(edge, MESSAGES[0])
        await until(lambda: "not trusted" in the_forward(edge).counters.trouble, "a reason")
    assert lis.taken == []
    async with edge_with(tmp_path, settings(1, to=to, ca_file=ours.certificate)):
        await lis.until(lambda: lis.accepted == [MESSAGES[0]])
    await lis.stop()


async def test_an_outage_of_a_quarter_of_an_hour_is_an_alarm_and_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward_module, "STALLED_SECONDS", 0.1)
    async with edge_with(tmp_path, settings(1)) as edge:
        await send(edge, MESSAGES[0])
        await until(lambda: the_forward(edge)._stalled, "the alarm")
        for _ in range(3):
            the_forward(edge)._failed("still away")
        await edge.spool.commit([])
        assert sum(b"forward.stalled" in row.body for row in await every_row(edge.spool)) == 1


async def test_what_is_owed_too_long_is_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with edge_with(tmp_path, settings(1), run=False) as edge:
        await send(edge, MESSAGES[0])
        for days, kind in ((91, b"forward.dead_letter"), (181, b"forward.lost")):
            monkeypatch.setattr("hub.edge.edge.now_ms", lambda days=days: now_ms() + days * 86_400_000)
            await edge._expire_forwards()
            await edge.spool.commit([])
            assert sum(kind in row.body for row in await every_row(edge.spool)) == 1
        assert not edge.spool.forwards.holds


async def test_it_ends_at_once_while_a_message_is_outstanding(tmp_path: Path) -> None:
    async with lis_of.running("silent") as lis:
        async with asyncio.timeout(20), edge_with(tmp_path, settings(lis.port, answer_seconds=600.0)) as edge:
            await send(edge, MESSAGES[0])
            await lis.until(lambda: bool(lis.taken))
        async with edge_with(tmp_path, settings(lis.port)):
            await lis.until(lambda: lis.accepted == [MESSAGES[0]])
