"""The command line of ``camera``. What people read is in English and Vietnamese."""

import argparse
from pathlib import Path
from typing import get_args

from simulators.cameras.clip_plans import Codec
from simulators.option_values import above_zero, port, positive
from simulators.province import CAMERA_PORT

DESCRIPTION = """\
RTSP cameras with footage that is made here, for any hub or player: H.264 and H.265 over TCP, logins, and
faults of the line and of the picture when a seed or a plan says so; --truth says what was wrong when,
--compare whether a hub saw it. Needs the extra camera.
Camera RTSP mô phỏng với hình tự tạo, cho mọi hệ thống hay trình phát: H.264 và H.265 qua TCP, có đăng
nhập, có sự cố đường truyền và sự cố hình ảnh theo kế hoạch; --truth ghi sự thật, --compare đối chiếu với
hệ thống."""


def add_camera(camera: argparse.ArgumentParser) -> None:
    """All options but those that every family has."""
    camera.formatter_class = argparse.RawDescriptionHelpFormatter
    camera.description = DESCRIPTION
    _add_lines(camera)
    _add_footage(camera)
    _add_trouble(camera)


def _add_lines(camera: argparse.ArgumentParser) -> None:
    lines = camera.add_argument_group("lines · đường truyền")
    lines.add_argument("--host", default="127.0.0.1", help="where cameras listen · địa chỉ nghe")
    lines.add_argument("--port", type=port, default=CAMERA_PORT, help="behind which all are · cổng chung")
    lines.add_argument(
        "--apart", action="store_true", help="each on a port of its own, from --port on · mỗi camera một cổng"
    )
    lines.add_argument(
        "--user", default="", metavar="NAME", help="who may look; else anybody · tài khoản xem"
    )
    lines.add_argument(
        "--password-env",
        default="",
        metavar="VAR",
        help="environment variable with the password of --user · biến chứa mật khẩu",
    )
    lines.add_argument(
        "--login", choices=("basic", "digest", "sha-256"), default="digest", help="how · kiểu đăng nhập"
    )
    lines.add_argument(
        "--devices", action="store_true", help="show the hub's settings and end · in cấu hình rồi thôi"
    )


def _add_footage(camera: argparse.ArgumentParser) -> None:
    footage = camera.add_argument_group("cameras · camera")
    footage.add_argument("--cameras", type=positive, default=6, metavar="N", help="how many · số camera")
    footage.add_argument(
        "--sites", type=positive, default=2, metavar="N", help="at how many places · số địa điểm"
    )
    footage.add_argument("--codec", choices=get_args(Codec), default="h264", help="of all · chuẩn nén")
    footage.add_argument(
        "--size", type=_size, default=(640, 360), metavar="WxH", help="of pictures · kích thước hình"
    )
    footage.add_argument(
        "--rate", type=positive, default=6, metavar="R", help="pictures a second · số hình mỗi giây"
    )
    footage.add_argument(
        "--keyframe-seconds", type=above_zero, default=1.0, metavar="S",
        help="from one keyframe to the next · khoảng cách khung khóa",
    )  # fmt: skip
    footage.add_argument(
        "--film", type=Path, action="append", default=[], metavar="FILE",
        help="shown instead of drawn places; may be named again, by turns · dùng phim có sẵn",
    )  # fmt: skip
    footage.add_argument(
        "--footage", type=Path, metavar="DIR",
        help="where footage is kept for the next time; else it is made anew · thư mục giữ hình đã tạo",
    )  # fmt: skip


def _add_trouble(camera: argparse.ArgumentParser) -> None:
    trouble = camera.add_argument_group("trouble · sự cố")
    trouble.add_argument(
        "--faults", default="", metavar="PLAN",
        help="a plan of faults (TOML), or mixture: one after the other on every camera · kế hoạch sự cố",
    )  # fmt: skip
    trouble.add_argument(
        "--check-seconds", type=above_zero, default=10.0, metavar="S",
        help="how often the hub looks at pictures: faults of a mixture last for some looks · chu kỳ xem hình",
    )  # fmt: skip
    trouble.add_argument(
        "--quiet-seconds", type=above_zero, default=150.0, metavar="S",
        help="at least, between two faults of a camera in a mixture · nghỉ giữa hai sự cố",
    )  # fmt: skip
    trouble.add_argument(
        "--compare", metavar="URL",
        help="compare --truth with the log of this hub, and simulate nothing; status 1 if they differ"
        " · đối chiếu --truth với hệ thống",
    )  # fmt: skip
    trouble.add_argument(
        "--key-env", metavar="VAR", help="environment variable with a key for --compare · biến chứa khóa"
    )


def _size(text: str) -> tuple[int, int]:
    """Even numbers: 4:2:0 has half of them in its planes of colour."""
    width, _, height = text.partition("x")
    try:
        found = int(width), int(height)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no size like 640x360") from None
    if not all(side % 2 == 0 and 64 <= side <= 4096 for side in found):
        raise argparse.ArgumentTypeError("even numbers from 64 to 4096")
    return found
