"""./dev bench gate: what a scan costs, from the whole code in hand to the decision on disk.

One edge as it runs (spool on a real disk, weekly keys, a watch list of a million people in its file), one
gate on it, people whom it has never seen. One code at a time: citizens' cards and signed certificates (HC1,
our own issuer), and beside them, in the same run, 4 KiB appended and synced as the disk takes them alone.
Then as many as one process decides when 64 scanners do not wait for each other. Then the check of a
certificate alone, against pycose on the same codes (both with our base45), in turns.
"""

import argparse
import asyncio
import base64
import json
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from adapters.qr_gates.certificates.base45 import base45_decode
from adapters.qr_gates.certificates.trust_list import trusting
from adapters.qr_gates.codes.dispatcher import Dispatcher
from adapters.qr_gates.codes.shown_code import Trust
from adapters.qr_gates.gate import Gate
from adapters.qr_gates.gate_tcp import GateTcp, GateTcpConfig
from hub.contract import Frame
from hub.edge.edge import Edge, EdgeSettings
from hub.edge.people_kept import FOLDER
from hub.mqtt.connection import BrokerAddress
from hub.people.list_file import body_head, write_list
from hub.people.records import NAME_BYTES, VALUE_BYTES
from hub.streams import now_ms
from hub.vault import KEYS, Vault
from tests.bench.lab_codecs import in_turns
from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.machine import speed
from tests.bench.parts.verdict import BenchFailed, Target, conclude, print_table
from tests.qr_gates.issuer import BODY, Issuer

WATCHED = 1_000_000
CARDS, CERTIFICATES = 4000, 1000
SYNC_EVERY = 4  # scans between two bare fdatasyncs
SCANNERS = 64
CHECKED_CODES = 50
CARD_MS, CERTIFICATE_MS, SYNCS = 2.0, 5.0, 2
LEAST_A_SECOND, LEAST_RATIO = 2000, 5.0


def card(number: int) -> bytes:
    text = (
        f"075199{number:06d}||Nguyễn Thị Ánh Tuyết|02091999|Nữ|Tổ 5, Trảng Dài, Biên Hòa, Đồng Nai|15042021"
    )
    return text.encode()


def certificates(issuer: Issuer, count: int) -> list[bytes]:
    """Of people of different names (in letters), so that each is a visit of its own."""
    names = BODY["nam"]
    letters = (f"ANH<{number:b}".translate({48: "X", 49: "Y"}) for number in range(count))
    return [issuer.code(BODY | {"nam": names | {"gnt": name}}) for name in letters]


def watch_list(data_dir: Path) -> None:
    """As the edge keeps it."""
    names = sorted(os.urandom(NAME_BYTES) for _ in range(WATCHED))
    body = b"".join(name + bytes(VALUE_BYTES - 1) + b"\x01" for name in names)
    write_list(data_dir / FOLDER / "watch.people", body_head(body, now_ms()), [body])


async def opened(folder: Path, issuer: Issuer) -> tuple[Edge, Gate]:
    Vault(folder / KEYS).make_province_key()
    watch_list(folder)
    trust = {"scheme": "dcc", "issuer": "VN", "certificate": base64.b64encode(issuer.certificate).decode()}
    (folder / "trust.json").write_text(json.dumps({"version": 1, "keys": [trust]}))
    told = {"id": "cong-1", "site": "khu-a", "kind": "gate_tcp", "direction": "in"}
    config = GateTcpConfig.model_validate(told | {"trust_list": folder / "trust.json"})
    nowhere = BrokerAddress("127.0.0.1", 1, "", "")  # the edge is cut off: the spool keeps all
    settings = EdgeSettings("edge-1", "khu-a", "bench", folder / "spool.db", folder / KEYS, nowhere)
    edge = Edge(settings, (config,), lambda _: GateTcp)
    await edge.open()
    adapter = edge.adapters["cong-1"]
    assert isinstance(adapter, GateTcp)
    await adapter.gate.prepare()
    if not edge.people.of("watch").version:
        raise BenchFailed("the watch list is not used")
    return edge, adapter.gate


async def one_by_one(gate: Gate, codes: list[bytes], bare: BinaryIO) -> dict[str, float]:
    """Milliseconds of each scan, and of bare fdatasyncs between them."""
    took, synced = [], []
    for number, code in enumerate(codes):
        began = time.perf_counter()
        decision = await gate.scanned(Frame(code), now_ms())
        took.append((time.perf_counter() - began) * 1000)
        if not decision.opens:
            raise BenchFailed(f"refused: {decision.reason}")
        if number % SYNC_EVERY == 0:
            synced.append(appended(bare) * 1000)
    return {
        "p50_ms": quantile(took, 0.5),
        "p99_ms": quantile(took, 0.99),
        "fdatasync_p50_ms": quantile(synced, 0.5),
        "fdatasync_p99_ms": quantile(synced, 0.99),
    }


async def many(gate: Gate, first: int, seconds: float) -> tuple[float, float]:
    """Scans a second of one process, by the clock and by its processor time; nobody waits for another's."""
    numbers = iter(range(first, 1_000_000))
    deadline = time.perf_counter() + seconds

    async def scanner() -> int:
        count = 0
        while time.perf_counter() < deadline:
            await gate.scanned(Frame(card(next(numbers))), now_ms())
            count += 1
        return count

    began, worked = time.perf_counter(), time.process_time()
    count = sum(await asyncio.gather(*(scanner() for _ in range(SCANNERS))))
    return count / (time.perf_counter() - began), count / (time.process_time() - worked)


def checks(issuer: Issuer, codes: list[bytes]) -> dict[str, Callable[[], object]]:
    """Ways to check one certificate after the other; both are held to say that they are good."""
    import cbor2
    from cryptography.hazmat.primitives.asymmetric import ec
    from pycose.keys.ec2 import EC2Key
    from pycose.messages.sign1message import Sign1Message

    dispatcher = Dispatcher(trusting([issuer.trusted]))
    key = issuer.trusted.key
    assert isinstance(key, ec.EllipticCurvePublicKey)
    point = key.public_numbers()
    theirs = EC2Key(crv="P_256", x=point.x.to_bytes(32, "big"), y=point.y.to_bytes(32, "big"))
    turn: dict[str, int] = {"ours": 0, "pycose": 0}

    def next_code(way: str) -> bytes:
        turn[way] = (turn[way] + 1) % len(codes)
        return codes[turn[way]]

    def ours() -> None:
        if dispatcher.read(next_code("ours")).trust is not Trust.VERIFIED:
            raise BenchFailed("ours does not verify")

    def pycose() -> None:
        tagged = cbor2.loads(zlib.decompress(base45_decode(next_code("pycose")[4:])))
        protected, unprotected, payload, signature = tagged.value
        # Its decode() wants list and dict as older cbor2 gave them; what it calls then is called here.
        parts = [protected, dict(unprotected), payload, signature]
        message: Any = Sign1Message.from_cose_obj(parts, allow_unknown_attributes=True)
        message.key = theirs
        if not message.verify_signature() or -260 not in cbor2.loads(message.payload):
            raise BenchFailed("pycose does not verify")

    return {"ours": ours, "pycose": pycose}


def appended(file: BinaryIO) -> float:
    """Seconds of a page appended and synced."""
    began = time.perf_counter()
    file.write(bytes(4096))
    os.fdatasync(file.fileno())
    return time.perf_counter() - began


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


async def bench(options: argparse.Namespace) -> bool:
    issuer = Issuer()
    codes = certificates(issuer, CERTIFICATES)
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        edge, gate = await opened(folder, issuer)
        with (folder / "bare").open("wb", buffering=0) as file:
            cards = await one_by_one(gate, [card(number) for number in range(CARDS)], file)
            signed = await one_by_one(gate, codes, file)
        a_second, a_cpu_second = await many(gate, CARDS, options.seconds)
        await edge.spool.close()
        checked = in_turns(checks(issuer, codes[:CHECKED_CODES]), options.seconds)
        machine = speed(folder)
    print_table([{"code": "id card", **cards}, {"code": "HC1", **signed}])
    ratio = checked["pycose"] / checked["ours"]
    lengths = quantile([float(len(code)) for code in codes], 0.5)
    print(f"{a_second:,.0f} scans/s, {a_cpu_second:,.0f} a second of processor time; HC1 of {lengths:.0f}")
    print(f"characters checked in {checked['ours']:.0f} µs, by pycose in {checked['pycose']:.0f} µs")
    bounds = {
        "id card": CARD_MS + SYNCS * cards["fdatasync_p99_ms"],
        "HC1": CERTIFICATE_MS + SYNCS * signed["fdatasync_p99_ms"],
    }
    targets = [
        Target("id card, ms p99", cards["p99_ms"], bounds["id card"], at_least=False),
        Target("HC1, ms p99", signed["p99_ms"], bounds["HC1"], at_least=False),
        Target("scans a second", a_second, LEAST_A_SECOND, at_least=True),
        Target("pycose to ours, HC1", ratio, LEAST_RATIO, at_least=True),
    ]
    rates = {"scans_a_second": a_second, "scans_a_cpu_second": a_cpu_second}
    figures = {"cards": cards, "certificates": signed, **rates, "check_us": checked}
    return conclude(targets, {**figures, "watched": WATCHED, "machine": machine})


def main() -> int:
    options = options_of(__doc__ or "")
    options.add_argument("--seconds", type=float, default=5, help="of each part that is measured by time")
    asked = options.parse_args()
    return status_of(lambda: bench(asked), check=asked.check)


if __name__ == "__main__":
    sys.exit(main())
