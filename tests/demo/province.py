"""``epihub demo`` as an installed program, and what a person may ask it."""

import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.demo.terminal import LONGEST_SECONDS, Terminal, until
from tests.ports import free_row

EPIHUB = Path(sys.executable).with_name("epihub")
PORTS = {"API": 0, "MQTT": 1, "MLLP": 2, "gates": 4, "cameras": 5}  # from the port base on
ROW = 1 + max(PORTS.values())
START_SECONDS = 10.0  # the issue's own promise, on a machine that has the packages
VT, FS = b"\x0b", b"\x1c\r"


@dataclass
class Demo:
    """One run of the demo on ``data``."""

    data: Path
    base: int
    terminal: Terminal

    @classmethod
    def start(cls, data: Path, base: int | None = None) -> "Demo":
        base = base or free_row(ROW)
        command: list[str | Path] = [EPIHUB, "demo", "--data", data, "--port-base", str(base)]
        return cls(data, base, Terminal(command))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.base}"

    def get(self, path: str, **query: Any) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", params=query, timeout=LONGEST_SECONDS)

    def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.get(f"/api/v1/{path}", **query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def has(self, path: str) -> bool:
        """Whether this list has items already; an API that is not there yet has none."""
        assert self.terminal.running, self.terminal.screen
        try:
            answer = self.get(f"/api/v1/{path}")
        except httpx.TransportError:
            return False
        return answer.status_code == 200 and bool(answer.json()["items"])

    def until_live(self) -> None:
        """Results and temperatures are there; in time, but for what others had of the machine meanwhile."""
        until(lambda: self.has("results") and self.has("readings/latest"), "results and readings")
        assert self.terminal.unhindered_seconds <= START_SECONDS

    def all_results(self) -> list[dict[str, Any]]:
        """Every page of the list."""
        found: list[dict[str, Any]] = []
        query: dict[str, Any] = {"limit": 1000}
        while True:
            page = self.get("/api/v1/results", **query).json()
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    def mllp(self, message: bytes) -> bytes:
        """The answer to one block, without its frame."""
        with socket.create_connection(("127.0.0.1", self.base + 2), timeout=LONGEST_SECONDS) as line:
            line.sendall(VT + message + FS)
            answer = b""
            while not answer.endswith(FS):
                more = line.recv(65536)
                assert more, "the listener hung up without an answer"
                answer += more
        return answer.removeprefix(VT).removesuffix(FS)
