"""``epihub list`` with a configuration, a province key, and a hub at its socket."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.cli.main import main
from hub.clock import now_ms
from hub.control import SOCKET, serve_control
from hub.people.list_file import opened
from hub.people.records import name_of
from hub.runtime.people_lists import PeopleLists
from hub.vault import KEYS, Vault
from storage.open import open_reader
from tests.fire.patience import until

CONFIG = """
[hub]
name = "dong-nai"
data_dir = "data"
[[site]]
id = "cong-1"
name = "Cổng 1"
kind = "office"
district = "731"
"""
AN, BINH, CHI = "075199001234", "075199001235", "075199001236"
Epihub = Callable[..., tuple[int, str]]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """The data directory of a hub that answers about its lists."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(20)

    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "epihub.toml").write_text(CONFIG, "utf-8")
    Vault(folder / KEYS).make_province_key()
    lists = PeopleLists(folder / "lists", lambda: open_reader(None, folder), now_ms)
    serving = asyncio.run_coroutine_threadsafe(
        serve_control(folder / SOCKET, lists.calls(lambda: None)), loop
    )
    run(until((folder / SOCKET).exists, "its socket is there", 10))
    yield folder
    serving.cancel()
    run(others_ended())
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


async def others_ended() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def epihub(data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Epihub:
    def run(*arguments: str) -> tuple[int, str]:
        config = str(data.parent / "epihub.toml")
        monkeypatch.setattr(sys, "argv", ["epihub", "list", *arguments, "--config", config])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    return run


def who(data: Path, name: str = "watch") -> set[str]:
    """Which of the three are on the hub's list."""
    keyed, file = Vault(data / KEYS).pseudonyms(), opened(data / "lists" / f"{name}.people")
    found = {number for number in (AN, BINH, CHI) if file.find(name_of(keyed.person("vnid", number)) or b"")}
    file.close()
    return found


def table(data: Path, *rows: str) -> str:
    path = data.parent / "people.csv"
    path.write_text("\ufeff" + "\r\n".join(rows) + "\r\n", "utf-8")
    return str(path)


def test_a_list_is_imported_added_to_shown_and_cleared(data: Path, epihub: Epihub) -> None:
    code, said = epihub("import", "watch", table(data, "cccd", AN, BINH))
    assert (code, said.split(", version")[0]) == (0, "watch: 2 people")
    assert who(data) == {AN, BINH}
    assert epihub("import", "watch", table(data, "cccd", CHI), "--add")[0] == 0
    assert who(data) == {AN, BINH, CHI}
    assert epihub("import", "watch", table(data, "cccd", CHI))[0] == 0
    assert who(data) == {CHI}
    assert epihub("show")[1].split()[:3] == ["hub", "watch", "1"]
    assert epihub("clear", "watch")[0] == 0
    assert who(data) == set()
    assert [each.name for each in (data / "lists").iterdir()] == ["watch.people"], "nothing is left beside"


def test_no_id_is_in_any_file_nor_in_what_is_said(data: Path, epihub: Epihub) -> None:
    path = table(data, "vnid,time", f"{AN},2026-01-02", f"{BINH},2026-01-32", f"0{CHI},2026-01-02")
    code, said = epihub("import", "declared", path)
    assert code == 1
    assert [line.split(": ", 1)[1] for line in said.splitlines()[1:]] == [
        "line 3: time: no time: 2026-11-22T14:30, 2026-11-22, 22/11/2026 14:30, 22/11/2026",
        "line 4: vnid: 13 digits where 12 are needed",
    ]
    assert not (data / "lists").exists()
    code, more = epihub("import", "declared", table(data, "vnid,time", f"{AN},2026-01-02"))
    assert code == 0
    written = b"".join(each.read_bytes() for each in data.rglob("*") if each.is_file())
    assert not any(number in said + more or number.encode() in written for number in (AN, BINH, CHI))


def test_a_hub_apart_takes_pseudonyms_that_were_made_where_the_key_is(data: Path, epihub: Epihub) -> None:
    sealed = str(data.parent / "watch.people")
    code, said = epihub("import", "watch", table(data, "vnid", AN), "--to", sealed)
    assert (code, "1 pseudonyms" in said) == (0, True)
    assert not (data / "lists").exists()
    (data / KEYS / "province.key").rename(data / KEYS / "elsewhere")
    code, said = epihub("import", "watch", table(data, "vnid", BINH))
    assert (code, "no province key here" in said) == (1, True)
    assert epihub("import", "watch", sealed)[0] == 0
    (data / KEYS / "elsewhere").rename(data / KEYS / "province.key")
    assert who(data) == {AN}


def test_what_cannot_be_is_refused(data: Path, epihub: Epihub) -> None:
    one = table(data, "vnid", AN)
    assert epihub("import", "positive", one)[0] == 1
    assert epihub("import", "watch", str(data / "none.csv"))[0] == 1
    assert "nobody" in epihub("import", "watch", table(data, "vnid"))[1]
    binary = data.parent / "table.xlsx"
    binary.write_bytes(b"PK\x03\x04\xff\xfe" + bytes(100))
    assert epihub("import", "watch", str(binary))[0] == 1
    (data / SOCKET).unlink()
    code, said = epihub("import", "watch", table(data, "vnid", AN))
    assert (code, "no epihub runs" in said) == (1, True)
    assert list((data / "lists").iterdir()) == []
