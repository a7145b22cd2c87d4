"""``epihub lots`` at a hub's socket."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.cli.main import main
from hub.control import SOCKET, serve_control
from hub.runtime.lot_desk import LotDesk
from storage.open import open_reader, open_store
from tests.fire.patience import until


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory with the desk of a hub at its socket."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(20)

    store = open_store(None, tmp_path)
    run(store.open())
    desk = LotDesk(store, lambda: open_reader(None, tmp_path))
    serving = asyncio.run_coroutine_threadsafe(serve_control(tmp_path / SOCKET, desk.calls()), loop)
    run(until((tmp_path / SOCKET).exists, "its socket is there", 10))
    yield tmp_path
    serving.cancel()
    run(store.close())
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_lots_are_placed_listed_and_refused(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def epihub(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["epihub", "lots", *arguments, "--data", str(data)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    new = ("--product", "comirnaty", "--expiry", "2099-01-31", "--doses", "1170")
    assert epihub("place", "FD9234", "--unit", "tu-01", *new) == (0, "entered\n")
    code, told = epihub("place", "FD9234", "--unit", "tu-02", "--product", "epi")
    assert (code, "lot.other_product" in told) == (1, True)
    code, told = epihub("place", "FD9234", "--unit", "tu-02", "--from", "2026-11-22T10:00:00")
    assert (code, "needs a zone" in told) == (1, True)
    assert epihub("place", "AB1", "--unit", "tu-03", *new)[0] == 0
    assert epihub("place", "FD9234", "--out", "used")[0] == 0
    listed = epihub("list")[1].splitlines()
    assert [line.split()[:2] for line in listed] == [["AB1", "tu-03"], ["FD9234", "(used)"]]
    assert "comirnaty  expires 2099-01-31" in listed[0]
    assert [line.split()[0] for line in epihub("list", "--unit", "tu-01")[1].splitlines()] == ["FD9234"]
