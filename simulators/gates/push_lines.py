"""Gates that push by HTTP and hear whether it was taken: plain JSON, and ZKTeco's ATTLOG (ADMS)."""

import asyncio
import http.client
import json
import random
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import urlsplit

from simulators.gates.scanner_lines import LineCounts

ANSWER_SECONDS = 20.0
LONGEST_PAUSE_SECONDS = 5.0
VERIFIED_BY_CODE = 11
HANOI = timezone(timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a gate with a clock remembers of one scan: the code and its own time."""

    code: bytes
    at: datetime


@dataclass(slots=True)
class PushLine:
    """``id`` is the device; 408, 429, 5xx and silence are tried again until it is taken."""

    url: str
    id: str
    key: str = ""
    rng: random.Random = field(default_factory=random.Random)
    counts: LineCounts = field(default_factory=LineCounts)
    _connection: http.client.HTTPConnection | None = None

    async def push(self, scans: Sequence[Scanned]) -> bool:
        """Whether it was taken; False: refused for good."""
        self.counts.shown += len(scans)
        attempt = 0
        while (taken := await asyncio.to_thread(self._post, scans)) is None:
            self.counts.again += 1
            pause = min(0.1 * 2.0 ** min(attempt, 8), LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause * self.rng.uniform(0.5, 1.0))
            attempt += 1
        self.counts.refused += not taken
        return taken

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def requests(self, scans: Sequence[Scanned]) -> list[tuple[str, str, bytes]]:
        """Path, media type and body of each request."""
        raise NotImplementedError

    def _post(self, scans: Sequence[Scanned]) -> bool | None:
        for path, kind, body in self.requests(scans):
            status = self._status(path, kind, body)
            if status is None or status in (408, 429) or status >= 500:
                return None
            if status >= 300:
                return False
        return True

    def _status(self, path: str, kind: str, body: bytes) -> int | None:
        headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        try:
            if self._connection is None:
                parts = urlsplit(self.url)
                self._connection = http.client.HTTPConnection(
                    parts.hostname or "", parts.port, timeout=ANSWER_SECONDS
                )
                self.counts.connected += 1
            self._connection.request("POST", path, body, headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return None
        return answer.status


class JsonGate(PushLine):
    """One scan a request."""

    def requests(self, scans: Sequence[Scanned]) -> list[tuple[str, str, bytes]]:
        path = f"/api/v1/ingest/{self.id}"
        return [(path, "application/json", self._body(scan)) for scan in scans]

    def _body(self, scan: Scanned) -> bytes:
        at = scan.at.astimezone(UTC).isoformat(timespec="milliseconds")
        return json.dumps({"code_base64": b64encode(scan.code).decode(), "time": at}).encode()


class ZktecoGate(PushLine):
    """Its scans as lines of one ATTLOG, in local time without a zone and without parts of a second."""

    def requests(self, scans: Sequence[Scanned]) -> list[tuple[str, str, bytes]]:
        path = f"/iclock/cdata?SN={serial_of(self.id)}&table=ATTLOG&Stamp=9999"
        lines = "".join(self._line(scan) for scan in scans)
        return [(path, "text/plain", lines.encode())]

    def _line(self, scan: Scanned) -> str:
        at = scan.at.astimezone(HANOI)
        return f"{scan.code.decode('ascii')}\t{at:%Y-%m-%d %H:%M:%S}\t0\t{VERIFIED_BY_CODE}\t0\t0\n"


def serial_of(device: str) -> str:
    """The serial number of a simulated terminal."""
    return "EPI" + device.upper().replace("-", "")
