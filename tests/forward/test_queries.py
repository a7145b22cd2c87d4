"""Host queries go to the hospital's own system on the forward's line, and nobody waits longer than told."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.lab_analyzers.astm_tcp import AstmTcp
from hub.contract import Frame, Order
from hub.edge import forward as forward_module
from hub.edge import host_queries
from hub.edge.edge import Edge, EdgeSettings
from hub.errors import NoAnswer
from hub.mqtt.connection import BrokerAddress
from hub.spool import Placing
from hub.streams import now_ms
from tests.fire.patience import until
from tests.forward import lis as lis_of
from tests.forward.parts import edge_with, message, send, settings, the_forward
from tests.forward.test_delivery import without_repeats
from tests.lab_analyzers.astm.device import ACK, EOT, NAK, PATIENCE_SECONDS, Device, config, connect, records
from tests.ports import free_port
from tests.spool.parts import every_row

MESSAGES = [message(number) for number in range(1, 6)]
PAUSE = 60.0  # longer than a test may take: what is quick did not wait for it


def asking(number: int) -> bytes:
    return f"MSH|^~\\&|PCR||LIS||20210805||QBP^Q11|Q{number}|P|2.5.1\rQPD|WOS|{number}|S{number}\r".encode()


def telling(number: int, code: str = "AA", kind: str = "RSP^K11") -> bytes:
    return f"MSH|^~\\&|LIS||||1||{kind}|9|P|2.5.1\rMSA|{code}|Q{number}\rPID|1||7||Hoa\r".encode()


async def ask(edge: Edge, number: int) -> bytes | None:
    return await edge.outlets["pcr-1"].ask(Frame(asking(number), f"Q{number}", query=True))


async def test_a_query_is_told_what_the_lis_says_and_is_not_owed(tmp_path: Path) -> None:
    async with lis_of.running() as lis, edge_with(tmp_path, settings(lis.port, answer_seconds=5)) as edge:
        lis.to_query = [telling(1), telling(2, "AE")]
        await edge.outlets["pcr-1"].emit(frame=Frame(asking(1), "Q1", query=True))
        assert the_forward(edge).book.waiting == 0
        assert await ask(edge, 1) == telling(1)
        await send(edge, MESSAGES[0])
        assert await ask(edge, 2) == telling(2, "AE")
        await until(lambda: the_forward(edge).counters.delivered == 1, "the result")
        assert lis.asked == [asking(1), asking(2)]
        assert (lis.taken, lis.connections) == ([MESSAGES[0]], 1)


async def test_a_query_waits_for_the_outstanding_message_and_for_no_other(tmp_path: Path) -> None:
    """Results pile up behind one that gets AE again and again: their pauses hold up no query, nor it them."""
    async with lis_of.running("AE") as lis:
        slow = settings(lis.port, answer_seconds=20, retry_seconds=PAUSE, retry_longest_seconds=PAUSE)
        async with edge_with(tmp_path, slow) as edge:
            for raw in MESSAGES:
                await send(edge, raw)
            await lis.until(lambda: len(lis.taken) == 1)
            lis.to_query = [telling(1), telling(2)]
            assert await ask(edge, 1) == telling(1)
            assert await ask(edge, 2) == telling(2)
            assert lis.taken == MESSAGES[:1], "the pause goes on"
            assert the_forward(edge).book.waiting == len(MESSAGES)


async def test_a_lis_that_is_away_is_no_answer_at_once_and_asked_as_soon_as_it_is_back(
    tmp_path: Path,
) -> None:
    lis = lis_of.Lis(to_query=[telling(3)])
    await lis.start()
    await lis.stop()
    away = settings(lis.port, answer_seconds=PAUSE, retry_seconds=PAUSE, retry_longest_seconds=PAUSE)
    async with edge_with(tmp_path, away) as edge:
        await send(edge, MESSAGES[0])
        async with asyncio.timeout(PATIENCE_SECONDS):
            for number in (1, 2):
                with pytest.raises(NoAnswer):
                    await ask(edge, number)
            await lis.start()
            assert await ask(edge, 3) == telling(3)
            await lis.until(lambda: lis.accepted == MESSAGES[:1])
    assert edge.outlets["pcr-1"].counters.queries_unanswered == 2
    assert edge.outlets["pcr-1"].counters.queries_passed == 1
    await lis.stop()


async def test_a_lis_that_is_away_while_nothing_is_owed_is_no_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward_module, "STALLED_SECONDS", 0.0)
    async with edge_with(tmp_path, settings(free_port(), answer_seconds=5)) as edge:
        for number in (1, 2, 3):
            with pytest.raises(NoAnswer, match="refused"):
                await ask(edge, number)
        assert not [row for row in await every_row(edge.spool) if b"forward.stalled" in row.body]
        assert the_forward(edge).counters.trouble == ""


@pytest.mark.slow
async def test_a_silent_lis_is_no_answer_and_what_it_says_later_is_told_nobody(tmp_path: Path) -> None:
    async with lis_of.running() as lis, edge_with(tmp_path, settings(lis.port, answer_seconds=1)) as edge:
        lis.to_query = [b"", telling(2)]
        with pytest.raises(NoAnswer, match="no_answer"):
            await ask(edge, 1)
        await send(edge, MESSAGES[0])
        assert await ask(edge, 2) == telling(2)
        await until(lambda: the_forward(edge).counters.delivered == 1, "the result")
        assert lis.connections == 2
        assert the_forward(edge).counters.trouble == ""


@pytest.mark.slow
async def test_a_lis_that_never_answers_is_not_asked_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It only takes results: no device waits for it at each query, and it is heard once it says something."""
    monkeypatch.setattr(host_queries, "REST_SECONDS", 0.2)
    async with lis_of.running() as lis, edge_with(tmp_path, settings(lis.port, answer_seconds=0.5)) as edge:
        lis.to_query = [b"", b"", b"", telling(5)]
        for number, why in enumerate(("no_answer", "no_answer", "no_answer", "query.resting"), 1):
            with pytest.raises(NoAnswer, match=why):
                await ask(edge, number)
        assert lis.asked == [asking(1), asking(2), asking(3)]
        await until(lambda: not the_forward(edge).host_queries.resting, "the rest is over")
        assert await ask(edge, 5) == telling(5)
        lis.to_query = [b""]
        with pytest.raises(NoAnswer, match="no_answer"):
            await ask(edge, 6)
        assert not the_forward(edge).host_queries.resting


@pytest.mark.parametrize("code", ["AE", "AR"])
async def test_a_lis_that_takes_no_queries_is_no_answer(tmp_path: Path, code: str) -> None:
    async with lis_of.running() as lis, edge_with(tmp_path, settings(lis.port, answer_seconds=5)) as edge:
        lis.to_query = [telling(1, code, "ACK"), telling(2)]
        with pytest.raises(NoAnswer, match=code):
            await ask(edge, 1)
        assert await ask(edge, 2) == telling(2)
        assert lis.connections == 1


async def test_a_device_that_gave_its_query_up_leaves_the_line_as_it_was(tmp_path: Path) -> None:
    async with lis_of.running() as lis, edge_with(tmp_path, settings(lis.port, answer_seconds=5)) as edge:
        lis.to_query = [b"", telling(2)]
        given_up = asyncio.create_task(ask(edge, 1))
        await lis.until(lambda: len(lis.asked) == 1)
        given_up.cancel()
        await asyncio.wait([given_up])
        assert await ask(edge, 2) == telling(2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_the_lis_does_a_query_gets_its_own_answer_or_none(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results and queries on lines that break: each result arrives in order, no answer is another's."""
    monkeypatch.setattr(host_queries, "MOST_SILENCES", 100)
    chance = random.Random(seed)
    faults = [chance.choice(["AA", "AE", "close", "half", "foreign", "noise", "twice"]) for _ in range(10)]
    told = {number: telling(number) for number in range(15)}
    lost = {number: chance.choice([b"", None, telling(number, "AE", "ACK")]) for number in range(15)}
    plan = {number: (lost if chance.random() < 0.4 else told)[number] for number in range(15)}
    async with (
        lis_of.running(*faults) as lis,
        edge_with(tmp_path, settings(lis.port, answer_seconds=0.8)) as edge,
    ):
        for number, answer in plan.items():
            if number % 3 == 0:
                await send(edge, MESSAGES[number // 3])
            asked = len(lis.asked)
            lis.to_query = [answer]
            try:
                assert await ask(edge, number) == told[number]
                assert answer == told[number]
            except NoAnswer:
                assert answer != told[number] or len(lis.asked) == asked, "only if it was never asked"
        await until(lambda: the_forward(edge).counters.delivered == len(MESSAGES), "all results")
        assert without_repeats(lis.taken) == MESSAGES
        assert without_repeats(lis.asked) == lis.asked, "no query goes out twice"


async def test_only_so_many_queries_wait(tmp_path: Path) -> None:
    async with (
        lis_of.running() as lis,
        edge_with(tmp_path, settings(lis.port, answer_seconds=0.1), run=False) as edge,
    ):
        asked = [asyncio.create_task(ask(edge, number)) for number in range(20)]
        done, _ = await asyncio.wait(asked)
        told = [str(task.exception()) for task in done]
        assert (told.count("query.too_many"), told.count("no_answer")) == (4, 16)
        assert not lis.asked


@pytest.mark.parametrize("to", ["file:///tmp", "queries = false"])
async def test_where_no_queries_are_taken_they_are_owed_as_ever(tmp_path: Path, to: str) -> None:
    forward = settings(1, to=to) if to.startswith("file") else settings(1, queries=False)
    async with edge_with(tmp_path, forward, run=False) as edge:
        assert await ask(edge, 1) is None
        await edge.outlets["pcr-1"].emit(frame=Frame(asking(1), "Q1", query=True))
        assert the_forward(edge).book.waiting == 1


async def test_of_two_forwards_the_first_is_asked_and_the_second_owed(tmp_path: Path) -> None:
    async with lis_of.running() as lis:
        second = settings(1, id="archive", to=f"file://{tmp_path}")
        async with edge_with(tmp_path, second, settings(lis.port, answer_seconds=5)) as edge:
            lis.to_query = [telling(1)]
            await edge.outlets["pcr-1"].emit(frame=Frame(asking(1), "Q1", query=True))
            assert await ask(edge, 1) == telling(1)
            await until(lambda: edge.forwards["archive"].counters.delivered == 1, "the file")
            assert lis.taken == []


async def test_orders_that_the_lis_sends_by_itself_are_refused_honestly(tmp_path: Path) -> None:
    unasked = b"MSH|^~\\&|LIS||||1||OML^O33^OML_O33|L-1|P|2.5.1\rPID|1||7||Hoa\r"
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readuntil(lis_of.FS + lis_of.CR)
        writer.write(lis_of.answer("AA", lis_of.control_of(first[1:-2])))
        writer.write(lis_of.VT + unasked + lis_of.FS + lis_of.CR)
        heard.set_result(await reader.readuntil(lis_of.FS + lis_of.CR))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with asyncio.timeout(PATIENCE_SECONDS), server, edge_with(tmp_path, settings(port)) as edge:
        await send(edge, MESSAGES[0])
        assert b"\rMSA|AR|L-1\r" in await heard
        assert the_forward(edge).counters.dropped == 1


async def test_an_analyzer_that_asks_over_mllp_gets_the_lis_own_block(tmp_path: Path) -> None:
    """And the results that it sends behind the answer go on, on the same line."""
    async with lis_of.running() as lis, edge_with(tmp_path, settings(lis.port, answer_seconds=5)) as edge:
        lis.to_query = [telling(1)]
        port = edge.adapters["pcr-1"].config.port
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await connect(port)
            writer.write(lis_of.VT + asking(1) + lis_of.FS + lis_of.CR)
            assert (
                await reader.readuntil(lis_of.FS + lis_of.CR)
                == lis_of.VT + telling(1) + lis_of.FS + lis_of.CR
            )
            writer.write(lis_of.VT + MESSAGES[0] + lis_of.FS + lis_of.CR)
            assert b"|C1\r" in await reader.readuntil(lis_of.FS + lis_of.CR)
            await lis.until(lambda: lis.accepted == [MESSAGES[0]])
            writer.close()
        assert (lis.asked, lis.connections) == ([asking(1)], 1)
        assert edge.outlets["pcr-1"].counters.queries_passed == 1


# ASTM: the query is a session of ours there, the answer one of theirs.

QUERY = [b"H|@^\\|M2||LAB^GeneXpert^6.4\r", b"Q|1|^DN0812-0007||||||||||O@N\r", b"L|1|N\r"]
THEIRS = [
    b"H|\\^&|||LIS\r",
    b"P|1||HN-1||Hoa^Nguy\xe1\xbb\x85n\r",
    b"O|1|DN0812-0007||^^^COV2|R\r",
    b"L|1|F\r",
]


@asynccontextmanager
async def xpert(folder: Path, port: int, **changed: object) -> AsyncIterator[tuple[Edge, Device]]:
    """An edge with a GeneXpert that has dialled it, and a LIS on an ASTM line."""
    device = config(port=free_port())
    forward = settings(port, device="xpert-1", to=f"astm://127.0.0.1:{port}", **changed)
    made = EdgeSettings(
        "edge-1", "bv", "1", folder / "spool.db", folder / "keys", BrokerAddress("127.0.0.1", 1),
        forwards=(forward,),
    )  # fmt: skip
    edge = Edge(made, (device,), lambda _: AstmTcp)
    await edge.open()
    task = asyncio.create_task(edge.run())
    order = Placing(Order("o-1", "DN0812-0007", ("COV2",)), "bv", "", "lis")
    try:
        await edge.spool.orders.place([order], now_ms())
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield edge, await Device.dial(device.port)
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def astm_lis() -> AsyncIterator[tuple[int, "asyncio.Queue[Device]"]]:
    lines: asyncio.Queue[Device] = asyncio.Queue()
    server = await asyncio.start_server(lambda *line: lines.put_nowait(Device(*line)), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], lines


@pytest.mark.parametrize("several", [False, True])
async def test_an_astm_query_gets_the_lis_own_records_byte_for_byte(tmp_path: Path, several: bool) -> None:
    theirs = THEIRS * 2 if several else THEIRS
    async with astm_lis() as (port, lines), xpert(tmp_path, port, answer_seconds=5) as (edge, device):
        assert await device.deliver(QUERY) == ACK * 4
        lis = await lines.get()
        assert await lis.receive() == b"".join(QUERY)
        assert await lis.deliver(theirs) == ACK * (len(theirs) + 1)
        assert await device.receive() == b"".join(theirs)
        assert await device.deliver(records()) == ACK * 8
        assert await lis.receive() == b"".join(records()), "the same line; the query is not sent again"
        assert len(await edge.spool.orders.to_measure("bv", "xpert-1", "DN0812-0007")) == 0
        assert edge.outlets["xpert-1"].counters.queries_passed == 1
        lis.writer.close()


@pytest.mark.parametrize("answers", [[NAK], [ACK, *[NAK] * 6], [], [EOT]])
async def test_an_astm_lis_without_an_answer_is_replaced_by_our_orders(
    tmp_path: Path, answers: list[bytes]
) -> None:
    async with astm_lis() as (port, lines), xpert(tmp_path, port) as (edge, device):
        assert await device.deliver(QUERY) == ACK * 4
        lis = await lines.get()
        for each in answers:
            await lis.reader.read(1)
            lis.writer.write(each)
        told = await device.receive()
        assert b"O|1|DN0812-0007||^^^COV2|R|" in told
        await until(lambda: edge.spool.orders.book.sent == 1, "handed over")
        assert edge.outlets["xpert-1"].counters.queries_unanswered == 1
        lis.writer.close()


async def test_an_astm_lis_that_starts_by_itself_is_turned_away(tmp_path: Path) -> None:
    async with astm_lis() as (port, lines), xpert(tmp_path, port, answer_seconds=5) as (_, device):
        assert await device.deliver(records()) == ACK * 8
        lis = await lines.get()
        assert await lis.receive() == b"".join(records())
        assert await lis.say(b"\x05") == NAK
        lis.writer.close()
