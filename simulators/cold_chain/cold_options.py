"""The command line of ``cold-chain``. What people read is in English and Vietnamese."""

import argparse
from pathlib import Path

from simulators.cold_chain.unit_faults import SCENARIOS
from simulators.option_values import above_zero, not_negative, past_time, port, positive, span_seconds
from simulators.province import MQTT_PORT

DESCRIPTION = """\
Vaccine fridges and freezers with a thermal model and with faults, over Zigbee2MQTT, Tasmota, ChirpStack,
cce-interop, files and Modbus; --truth says what really happened, --compare whether the hub's alarms know it.
Tủ lạnh và tủ đông vắc-xin mô phỏng theo mô hình nhiệt, có sự cố, gửi qua nhiều đường; --truth ghi những gì
thật sự xảy ra, --compare đối chiếu với cảnh báo của hệ thống."""


def add_cold_chain(cold: argparse.ArgumentParser) -> None:
    """All options but those that every family has."""
    cold.formatter_class = argparse.RawDescriptionHelpFormatter
    cold.description = DESCRIPTION
    _add_lines(cold)
    _add_world(cold)
    _add_comparison(cold)


def _add_lines(cold: argparse.ArgumentParser) -> None:
    lines = cold.add_argument_group(
        "lines · đường gửi", "those that are named; without any the broker on 1883"
    )
    lines.add_argument("--host", default="127.0.0.1", help="the MQTT broker · máy chủ MQTT")
    lines.add_argument("--port", type=port, help=f"its port, {MQTT_PORT} where no other line is named · cổng")
    lines.add_argument("--user", help="user name at the broker · tên tài khoản MQTT")
    lines.add_argument(
        "--password-env", metavar="VAR", help="environment variable with its password · biến chứa mật khẩu"
    )
    lines.add_argument("--url", help="API of the hub or edge, for cce-interop · địa chỉ API nhận cce-interop")
    lines.add_argument(
        "--key-env",
        metavar="VAR",
        help="environment variable with a key for --url or --compare · biến chứa khóa",
    )
    lines.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="where loggers' files go, a folder each · thư mục tệp nhiệt kế",
    )
    lines.add_argument(
        "--modbus-port", type=port, metavar="PORT",
        help="where a gateway with Modbus slaves answers, on 127.0.0.1 · cổng Modbus TCP",
    )  # fmt: skip


def _add_world(cold: argparse.ArgumentParser) -> None:
    world = cold.add_argument_group("world · thế giới mô phỏng")
    world.add_argument("--units", type=positive, default=10, metavar="N", help="how many · số tủ")
    world.add_argument(
        "--sites", type=positive, default=3, metavar="N", help="at how many places · số địa điểm"
    )
    world.add_argument(
        "--devices",
        action="store_true",
        help="show the hub's settings for them and end · in cấu hình rồi thôi",
    )
    world.add_argument(
        "--every-minutes", type=above_zero, default=10.0, metavar="M",
        help="between two readings; cce-interop: 15 · khoảng cách hai lần đo",
    )  # fmt: skip
    world.add_argument(
        "--scenario", default="mixed", metavar="NAME|FILE",
        help=f"{', '.join(SCENARIOS)}, or a TOML file · kịch bản sự cố",
    )  # fmt: skip
    world.add_argument(
        "--start", type=past_time, metavar="AGO|TIME",
        help="when the world begins: 7d, 36h, or a time; now without it · lúc bắt đầu",
    )  # fmt: skip
    world.add_argument(
        "--duration", type=span_seconds, metavar="SPAN",
        help="of the world, as 7d; it never goes past now · thời lượng mô phỏng",
    )  # fmt: skip
    world.add_argument(
        "--speed", type=not_negative, default=0.0, metavar="X",
        help="times real time until now is reached, then live; 0: as fast as it is taken · tốc độ",
    )  # fmt: skip


def _add_comparison(cold: argparse.ArgumentParser) -> None:
    compared = cold.add_argument_group("comparison · đối chiếu")
    compared.add_argument(
        "--compare", metavar="URL",
        help="compare --truth with the incidents of this hub, and simulate nothing; status 1 if they differ"
        " · đối chiếu --truth với sự cố của hệ thống",
    )  # fmt: skip
    compared.add_argument(
        "--wait-seconds", type=not_negative, default=60.0, metavar="S",
        help="how long the hub may still be judging · chờ hệ thống xét xong",
    )  # fmt: skip
