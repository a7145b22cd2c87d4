"""How a demo ends and begins again: Ctrl-C, kill -9, the same data, taken ports."""

import os
import signal
import socket
from pathlib import Path

import psutil
import pytest

from tests.demo.province import PORTS, ROW, Demo
from tests.demo.terminal import CTRL_C, lives, until
from tests.ports import free_row, taken

pytestmark = pytest.mark.slow
FAMILY = {"epihub", "nats-server", "python"}  # the edge, the broker; hub, API and simulators
REFUSED = 1


def test_ctrl_c_ends_everything_and_a_restart_goes_on_with_the_same_data(tmp_path: Path) -> None:
    first = Demo.start(tmp_path)
    try:
        first.until_live()
        until(lambda: len(first.all_results()) >= 5, "some results")
        older = {each["id"] for each in first.all_results()}
        end_with_ctrl_c(first)
    finally:
        first.terminal.close()
    second = Demo.start(tmp_path, first.base)  # the ports are free at once
    try:
        second.until_live()
        until(lambda: has_newer(second, older), "new results beside the older ones")
        assert_once(second)
        end_with_ctrl_c(second, presses=3)
    finally:
        second.terminal.close()


def has_newer(demo: Demo, older: set[str]) -> bool:
    found = {each["id"] for each in demo.all_results()}
    assert older <= found
    return found > older


def assert_once(demo: Demo) -> None:
    found = demo.all_results()
    assert len({each["id"] for each in found}) == len(found)
    assert len({(each["site"], each["device"], each["subject"]) for each in found}) == len(found)


def end_with_ctrl_c(demo: Demo, presses: int = 1) -> None:
    """The terminal sends SIGINT to the whole foreground group; impatient people press again."""
    family, before = demo.terminal.family(), demo.terminal.screen
    known = {each: told for each in family if (told := name_and_group(each))}
    assert {name for name, _ in known.values()} == FAMILY
    assert 5 <= len(known) <= 7  # what judges pictures starts with the first one, what makes footage ends
    _, main = known.pop(family[0])
    assert main not in {
        group for _, group in known.values()
    }  # only the main process hears the key: it decides who ends when
    for _ in range(presses):
        demo.terminal.press(CTRL_C)
    assert demo.terminal.ended() == 0
    assert demo.terminal.screen.removeprefix(before).replace("^C", "").strip() == ""
    assert [each for each in family if lives(each)] == []
    assert [name for name, offset in PORTS.items() if taken(demo.base + offset)] == []
    assert list(demo.data.glob("*.sock")) == []


def name_and_group(process: psutil.Process) -> tuple[str, int] | None:
    """None: it has ended meanwhile, as those do that make footage."""
    try:
        return process.name(), os.getpgid(process.pid)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return None


def test_ctrl_c_before_anything_is_ready_ends_it_too(tmp_path: Path) -> None:
    demo = Demo.start(tmp_path)
    try:
        until(lambda: len(demo.terminal.family()) > 1, "its first child")
        family = demo.terminal.family()
        demo.terminal.press(CTRL_C)
        assert demo.terminal.ended() == 0
        assert "Traceback" not in demo.terminal.screen
        assert [each for each in family if lives(each)] == []
    finally:
        demo.terminal.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP], ids=["kill -9", "a closed terminal"])
def test_a_violent_end_leaves_nobody_and_loses_nothing(tmp_path: Path, number: signal.Signals) -> None:
    demo = Demo.start(tmp_path)
    try:
        demo.until_live()
        older = {each["id"] for each in demo.all_results()}
        family = demo.terminal.family()
        demo.terminal.process.send_signal(number)
        assert demo.terminal.ended() == -number
        until(lambda: not any(map(lives, family)), "all its processes are gone")
    finally:
        demo.terminal.close()
    again = Demo.start(tmp_path, demo.base)
    try:
        again.until_live()
        assert older <= {each["id"] for each in again.all_results()}
        assert_once(again)
    finally:
        again.terminal.close()


@pytest.mark.parametrize("name", PORTS)
def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path, name: str) -> None:
    base, offset = free_row(ROW), PORTS[name]
    with socket.socket() as other:
        other.bind(("127.0.0.1", base + offset))
        other.listen()
        demo = Demo.start(tmp_path, base)
        try:
            assert demo.terminal.ended() == REFUSED
        finally:
            demo.terminal.close()
    (line,) = demo.terminal.screen.strip().splitlines()
    assert name in line
    assert f"127.0.0.1 port {base + offset}: Address already in use" in line
    assert "--port-base" in line
