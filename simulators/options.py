"""The command line of the simulators."""

import argparse
from pathlib import Path

from simulators.province import MLLP_PORT, MQTT_PASSWORD_ENV, MQTT_PORT, MQTT_USER


def parser() -> argparse.ArgumentParser:
    """``lab``, ``cold-chain`` and ``province``, each with its options."""
    root = argparse.ArgumentParser(
        prog="epihub simulate", description="Simulated devices of a province, for any hub."
    )
    families = root.add_subparsers(dest="family", required=True)
    _lab(families.add_parser("lab", help="PCR analyzers that send results over HL7/MLLP or ASTM"))
    _cold_chain(families.add_parser("cold-chain", help="vaccine cabinets behind a Zigbee2MQTT bridge"))
    _province(families.add_parser("province", help="all devices of the demo province"))
    return root


def _lab(lab: argparse.ArgumentParser) -> None:
    lab.add_argument("--host", default="127.0.0.1", help="where the hub listens for MLLP")
    lab.add_argument("--port", type=_port, help=f"default: {MLLP_PORT}, where no other line is named")
    lab.add_argument("--astm", type=_address, metavar="HOST:PORT", help="where it listens for ASTM")
    lab.add_argument("--serial", metavar="PATH", help="a serial line, for one GeneXpert over ASTM")
    lab.add_argument(
        "--folder", type=Path, metavar="DIR", help="where QuantStudios write, each into a folder of its id"
    )
    lab.add_argument(
        "--analyzers",
        type=_positive,
        default=4,
        metavar="N",
        help="how many work side by side: up to 4 over MLLP alone those of the demo, else of every model",
    )
    lab.add_argument(
        "--devices", action="store_true", help="show the hub's configuration for these machines and end"
    )
    lab.add_argument(
        "--rate",
        type=_not_negative,
        metavar="R",
        help="messages a second in all; 0: as fast as they are answered",
    )
    lab.add_argument("--count", type=_positive, metavar="N", help="end after N messages of each analyzer")
    lab.add_argument("--results", type=_positive, metavar="N", help="end after about N results in all")
    lab.add_argument(
        "--answer-seconds",
        type=_above_zero,
        default=10.0,
        metavar="S",
        help="how long a machine waits for an answer before it sends again",
    )
    lab.add_argument(
        "--faults",
        default="0",
        metavar="PLAN",
        help="a plan of faults (TOML), or the share of frames that has any, 0 to 1",
    )
    lab.add_argument(
        "--asking",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="of how many specimens GeneXpert and Alinity m ask the hub before they measure",
    )
    lab.add_argument("--orders", metavar="URL", help="place orders there for half of those specimens")
    lab.add_argument("--key-env", metavar="VAR", help="environment variable with the key for --orders")
    lab.add_argument("--canary", action="store_true", help="marked patients, for privacy tests")
    _common(lab)


def _cold_chain(cold: argparse.ArgumentParser) -> None:
    cold.add_argument("--host", default="127.0.0.1", help="the MQTT broker")
    cold.add_argument("--port", type=_port, default=MQTT_PORT)
    cold.add_argument("--fridges", type=_positive, default=10, metavar="N", help="how many, at most ten")
    cold.add_argument("--user", help="user name at the broker")
    cold.add_argument("--password-env", metavar="VAR", help="environment variable that holds the password")
    _pace(cold)
    _common(cold)


def _province(province: argparse.ArgumentParser) -> None:
    province.add_argument("--mllp", type=_address, default=("127.0.0.1", MLLP_PORT), metavar="HOST:PORT")
    province.add_argument("--mqtt", type=_address, default=("127.0.0.1", MQTT_PORT), metavar="HOST:PORT")
    province.add_argument("--mqtt-user", default=MQTT_USER, metavar="NAME")
    province.add_argument("--mqtt-password-env", default=MQTT_PASSWORD_ENV, metavar="VAR")
    _pace(province)
    _common(province)


def _pace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fridge-seconds", type=_above_zero, default=5.0, help="seconds between two readings"
    )
    parser.add_argument(
        "--speed",
        type=_above_zero,
        default=20.0,
        help="how much faster than the clock cabinets warm and cool",
    )


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=_above_zero, metavar="S", help="end after S seconds")
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same results")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="append what was measured, as JSON lines")
    parser.add_argument(
        "--while-stdin-open",
        action="store_true",
        help="end when standard input closes, as when a parent dies",
    )


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), _port(port)


def _port(text: str) -> int:
    return _whole(text, 1, 65535)


def _positive(text: str) -> int:
    return _whole(text, 1, 1_000_000_000)


def _whole(text: str, low: int, high: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{number} is not between {low} and {high}")
    return number


def _above_zero(text: str) -> float:
    number = _not_negative(text)
    if number == 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return number


def _share(text: str) -> float:
    number = _not_negative(text)
    if number > 1:
        raise argparse.ArgumentTypeError("must not be above 1")
    return number


def _not_negative(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError("must be 0 or above")
    return number
