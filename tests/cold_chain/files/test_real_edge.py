"""A folder of ``cold_file`` with a real spool: what exports share is there once, a replay is nothing new."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.cold_chain.cold_file import ColdFile
from adapters.cold_chain.cold_file_config import ColdFileConfig
from hub.edge.edge import Edge, EdgeSettings
from hub.edge.replay import replay
from hub.mqtt.connection import BrokerAddress
from hub.spool.desk import CaptureFilter, SpoolDesk
from tests.api.standing_edge import standing
from tests.background import background
from tests.cold_chain.files.loggers import config, export, rows, until


@asynccontextmanager
async def edge_of(folder: Path, *loggers: ColdFileConfig) -> AsyncIterator[Edge]:
    made = EdgeSettings("e1", "kho", "0", folder / "spool.db", folder / "keys", BrokerAddress("127.0.0.1", 9))
    edge = Edge(made, loggers, lambda _: ColdFile)
    async with standing(edge, folder), background(edge.run()):
        yield edge


async def test_two_exports_of_one_logger_that_overlap(tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    quick = {"folder": drop, "stable_seconds": 0, "look_seconds": 0.01}
    mine, other = config(**quick, serial="A-1"), config(**quick, serial="A-2", id="tu-lanh-02")
    async with edge_of(tmp_path, mine, other) as edge:
        for name, kept in (("may.txt", rows(30)), ("june.txt", rows(40, 10))):
            (drop / name).write_bytes(export(*kept, serial="A-1"))
            await until(lambda name=name: (drop / "done" / name).exists())
        counters = edge.outlets["tu-lanh-01"].counters
        assert (counters.facts, counters.identical) == (2 * 70, 2 * 20)
        assert edge.outlets["tu-lanh-02"].counters.facts == 0
        entries = await SpoolDesk(tmp_path / "spool.db").captures(CaptureFilter("tu-lanh-01"), 10)
        assert len(entries) == 2
        for entry in entries:
            capture = await edge.spool.load_capture(bytes.fromhex(entry.capture))
            again = await replay(edge.spool, edge.adapters["tu-lanh-01"], edge.outlets["tu-lanh-01"], capture)
            assert (again.events, again.waiting) == (0, 0)
