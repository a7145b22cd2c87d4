"""The command line of ``gate``. What people read is in English and Vietnamese."""

import argparse
from pathlib import Path

from simulators.gates.gate_rules import RULES
from simulators.option_values import address, not_negative, positive, share
from simulators.province import GATE_PORT

DESCRIPTION = """\
People with cards, apps and certificates at many gates, over TCP in both roles, serial lines and HTTP, with
codes shown twice, wrong codes, backlogs in any order and clocks that are off; --truth says what had to come
of it, --compare whether a hub knows it.
Người dân mô phỏng với thẻ, ứng dụng và chứng nhận tại nhiều cổng, qua TCP, cổng nối tiếp và HTTP, có mã
quét hai lần, mã sai, dữ liệu gửi bù lộn xộn và đồng hồ lệch; --truth ghi sự thật, --compare đối chiếu với
hệ thống."""


def add_gate(gate: argparse.ArgumentParser) -> None:
    """All options but those that every family has."""
    gate.formatter_class = argparse.RawDescriptionHelpFormatter
    gate.description = DESCRIPTION
    _add_lines(gate)
    _add_people(gate)
    _add_trouble(gate)
    _add_comparison(gate)


def _add_lines(gate: argparse.ArgumentParser) -> None:
    lines = gate.add_argument_group(
        "lines · đường truyền", f"those that are named; without any TCP to 127.0.0.1:{GATE_PORT}"
    )
    lines.add_argument(
        "--tcp",
        type=address,
        metavar="HOST:PORT",
        help="a listener of the hub that scanners dial · cổng nghe",
    )
    lines.add_argument(
        "--listen", type=address, metavar="HOST:PORT",
        help="scanners wait there to be dialled, each on the port after the last · máy quét chờ kết nối",
    )  # fmt: skip
    lines.add_argument(
        "--serial", type=Path, action="append", default=[], metavar="PATH",
        help="the scanner's end of a serial line; may be named again · đường nối tiếp",
    )  # fmt: skip
    lines.add_argument(
        "--url", help="API that takes pushes: plain JSON and ZKTeco · địa chỉ API nhận dữ liệu"
    )
    lines.add_argument(
        "--key-env",
        metavar="VAR",
        help="environment variable with a key for --url or --compare · biến chứa khóa",
    )


def _add_people(gate: argparse.ArgumentParser) -> None:
    people = gate.add_argument_group("people and gates · người và cổng")
    people.add_argument(
        "--gates", type=positive, default=2, metavar="N", help="in and out by turns · số cổng"
    )
    people.add_argument(
        "--sites", type=positive, default=1, metavar="N", help="at how many places · số địa điểm"
    )
    people.add_argument("--people", type=positive, default=200, metavar="N", help="how many · số người")
    people.add_argument(
        "--tables", type=Path, metavar="DIR",
        help="write the tables that the rules listed need, for epihub list import, and end; with --seed"
        " · ghi các bảng danh sách",
    )  # fmt: skip
    people.add_argument(
        "--rules", choices=sorted(RULES), default="open", help="what the gates ask for · quy tắc của cổng"
    )
    people.add_argument(
        "--rate", type=not_negative, default=2.0, metavar="R",
        help="codes a second of all gates; 0: as fast as they are taken · tốc độ quét",
    )  # fmt: skip
    people.add_argument(
        "--stay-seconds", type=not_negative, default=0.0, metavar="S",
        help="how long people stay on the average · thời gian lưu lại",
    )  # fmt: skip
    people.add_argument(
        "--endless", action="store_true", help="who has left comes again · người đã ra sẽ quay lại"
    )
    people.add_argument(
        "--devices", action="store_true", help="show the hub's settings and end · in cấu hình rồi thôi"
    )
    people.add_argument(
        "--trust-list", type=Path, metavar="FILE",
        help="write the list that trusts the simulated issuer, and end · ghi danh sách khóa tin cậy",
    )  # fmt: skip


def _add_trouble(gate: argparse.ArgumentParser) -> None:
    trouble = gate.add_argument_group("trouble · sự cố")
    trouble.add_argument(
        "--wrong",
        type=share,
        default=0.05,
        metavar="SHARE",
        help="who shows a wrong code first · tỷ lệ mã sai",
    )
    trouble.add_argument(
        "--doubled", type=share, default=0.1, metavar="SHARE", help="shown or sent twice · tỷ lệ quét hai lần"
    )
    trouble.add_argument(
        "--backlog", type=share, default=0.0, metavar="SHARE",
        help="how often a pushing gate goes off-line, and then sends in any order · tỷ lệ mất mạng",
    )  # fmt: skip
    trouble.add_argument(
        "--skew-minutes", type=not_negative, default=0.0, metavar="M",
        help="clocks of pushing gates are off by up to so much, both ways · đồng hồ lệch",
    )  # fmt: skip


def _add_comparison(gate: argparse.ArgumentParser) -> None:
    compared = gate.add_argument_group("comparison · đối chiếu")
    compared.add_argument(
        "--compare", metavar="URL",
        help="compare --truth with the log of this hub, and simulate nothing; status 1 if they differ"
        " · đối chiếu --truth với hệ thống",
    )  # fmt: skip
    compared.add_argument(
        "--wait-seconds", type=not_negative, default=30.0, metavar="S",
        help="how long the hub may still be taking in · chờ hệ thống nhận xong",
    )  # fmt: skip
