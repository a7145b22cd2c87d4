"""Ports of tests that run side by side."""

from tests.ports import HIGHEST_PORT, LOWEST_PORT, free_ports, own_part


def test_no_two_processes_share_a_port() -> None:
    parts = [own_part(f"gw{number}", 3) for number in range(3)]
    assert len({port for part in parts for port in part}) == sum(map(len, parts))
    assert all(port in range(LOWEST_PORT, HIGHEST_PORT) for part in parts for port in part)


def test_one_process_alone_has_them_all() -> None:
    assert own_part("", 1) == range(LOWEST_PORT, HIGHEST_PORT)


def test_free_ports_are_all_different() -> None:
    assert len(set(free_ports(50))) == 50
