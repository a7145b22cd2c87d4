"""The command line of the simulators."""

import argparse
from pathlib import Path

from simulators.cameras.camera_options import add_camera
from simulators.cold_chain.cold_options import add_cold_chain
from simulators.gates.gate_options import add_gate
from simulators.option_values import above_zero, address, not_negative, port, positive, share
from simulators.province import GATE_PORT, MLLP_PORT, MQTT_PASSWORD_ENV, MQTT_PORT, MQTT_USER


def parser() -> argparse.ArgumentParser:
    """``lab``, ``cold-chain``, ``gate``, ``camera`` and ``province``, each with its options."""
    root = argparse.ArgumentParser(
        prog="epihub simulate", description="Simulated devices of a province, for any hub."
    )
    families = root.add_subparsers(dest="family", required=True)
    _lab(families.add_parser("lab", help="PCR analyzers that send results over HL7/MLLP or ASTM"))
    cold = families.add_parser(
        "cold-chain", help="vaccine fridges with faults, over many lines, and their truth"
    )
    add_cold_chain(cold)
    _common(cold)
    gate = families.add_parser("gate", help="people with their codes at many gates, and the truth about them")
    add_gate(gate)
    _common(gate)
    camera = families.add_parser(
        "camera", help="RTSP cameras with footage and faults, and the truth about them"
    )
    add_camera(camera)
    _common(camera)
    _province(families.add_parser("province", help="all devices of the demo province"))
    return root


def _lab(lab: argparse.ArgumentParser) -> None:
    lab.add_argument("--host", default="127.0.0.1", help="where the hub listens for MLLP")
    lab.add_argument("--port", type=port, help=f"default: {MLLP_PORT}, where no other line is named")
    lab.add_argument("--astm", type=address, metavar="HOST:PORT", help="where it listens for ASTM")
    lab.add_argument("--serial", metavar="PATH", help="a serial line, for one GeneXpert over ASTM")
    lab.add_argument(
        "--folder", type=Path, metavar="DIR", help="where QuantStudios write, each into a folder of its id"
    )
    lab.add_argument(
        "--analyzers",
        type=positive,
        default=4,
        metavar="N",
        help="how many work side by side: up to 4 over MLLP alone those of the demo, else of every model",
    )
    lab.add_argument(
        "--devices", action="store_true", help="show the hub's configuration for these machines and end"
    )
    lab.add_argument(
        "--rate",
        type=not_negative,
        metavar="R",
        help="messages a second in all; 0: as fast as they are answered",
    )
    lab.add_argument("--count", type=positive, metavar="N", help="end after N messages of each analyzer")
    lab.add_argument("--results", type=positive, metavar="N", help="end after about N results in all")
    lab.add_argument(
        "--answer-seconds",
        type=above_zero,
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
        type=share,
        default=0.0,
        metavar="SHARE",
        help="of how many specimens GeneXpert and Alinity m ask the hub before they measure",
    )
    lab.add_argument("--orders", metavar="URL", help="place orders there for half of those specimens")
    lab.add_argument("--key-env", metavar="VAR", help="environment variable with the key for --orders")
    lab.add_argument("--canary", action="store_true", help="marked patients, for privacy tests")
    _common(lab)


def _province(province: argparse.ArgumentParser) -> None:
    province.add_argument("--mllp", type=address, default=("127.0.0.1", MLLP_PORT), metavar="HOST:PORT")
    province.add_argument("--mqtt", type=address, default=("127.0.0.1", MQTT_PORT), metavar="HOST:PORT")
    province.add_argument("--gates", type=address, default=("127.0.0.1", GATE_PORT), metavar="HOST:PORT")
    province.add_argument(
        "--cameras", type=address, metavar="HOST:PORT", help="where cameras listen; else none"
    )
    province.add_argument("--footage", type=Path, metavar="DIR", help="where their footage is kept")
    province.add_argument("--camera-password-env", default="EPIHUB_CAMERA_PASSWORD", metavar="VAR")
    province.add_argument(
        "--intake", metavar="URL", help="of the hub that is told what people report; else none"
    )
    province.add_argument("--intake-key-env", metavar="VAR", help="environment variable with its key (admin)")
    province.add_argument(
        "--intake-history", action="store_true", help="tell the plan's figures first; for a hub that has none"
    )
    province.add_argument("--mqtt-user", default=MQTT_USER, metavar="NAME")
    province.add_argument("--mqtt-password-env", default=MQTT_PASSWORD_ENV, metavar="VAR")
    _pace(province)
    _past(province)
    _common(province)


def _pace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fridge-seconds", type=above_zero, default=5.0, help="seconds between two readings")
    parser.add_argument(
        "--speed",
        type=above_zero,
        default=20.0,
        help="how much faster than the clock cabinets warm and cool",
    )


def _past(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--past-minutes",
        type=not_negative,
        default=0.0,
        metavar="M",
        help="of the cabinets, told first; for a hub that has nothing of them yet",
    )


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=above_zero, metavar="S", help="end after S seconds")
    parser.add_argument("--seed", type=int, metavar="N", help="the same seed gives the same results")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="append what was measured, as JSON lines")
    parser.add_argument(
        "--while-stdin-open",
        action="store_true",
        help="end when standard input closes, as when a parent dies",
    )
