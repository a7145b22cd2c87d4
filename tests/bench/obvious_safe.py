"""The obvious safe script, which epihub is measured against: MLLP server, commit, publish, PUBACK, ACK.

What a careful engineer writes in an afternoon with the libraries everybody names: python-hl7's asyncio
MLLP server, SQLite in WAL mode with synchronous=FULL, paho with QoS 1. An ACK means: in the database
and at the broker.
"""

import argparse
import asyncio
import json
import os
import sqlite3
from typing import Any

import hl7
import paho.mqtt.client as paho
from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server
from paho.mqtt.enums import CallbackAPIVersion

TOPIC = "epihub/v1/evt/p00/lab/obvious/pcr/lab-result-v1"


class Script:
    """One database, one broker connection, many senders."""

    def __init__(self, database: str, broker_port: int) -> None:
        self.db = sqlite3.connect(database, isolation_level=None)  # a commit a statement
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.execute(
            "CREATE TABLE IF NOT EXISTS result (control_id TEXT PRIMARY KEY, body TEXT, raw TEXT)"
        )
        self.loop = asyncio.get_running_loop()
        self.waiting: dict[int, asyncio.Future[None]] = {}
        self.mqtt = paho.Client(CallbackAPIVersion.VERSION2, client_id="obvious")
        self.mqtt.username_pw_set(os.environ["BENCH_BUS_USER"], os.environ["BENCH_BUS_PASSWORD"])
        self.mqtt.on_publish = self.published
        self.mqtt.connect("127.0.0.1", broker_port)
        self.mqtt.loop_start()

    def published(self, _client: Any, _data: Any, mid: int, *_: Any) -> None:
        """In paho's thread; the loop runs ``settle`` after ``publish`` has entered the future."""
        self.loop.call_soon_threadsafe(self.settle, mid)

    def settle(self, mid: int) -> None:
        self.waiting.pop(mid).set_result(None)

    async def publish(self, body: str) -> None:
        answer: asyncio.Future[None] = self.loop.create_future()
        self.waiting[self.mqtt.publish(TOPIC, body, qos=1).mid] = answer
        await answer

    def read(self, message: hl7.Message) -> dict[str, Any]:
        order = message.segment("OBR")
        observations = [
            {"code": str(row[3][0][0]), "value": str(row[5]), "unit": str(row[6]), "status": str(row[11])}
            for row in message.segments("OBX")
        ]
        return {
            "control_id": str(message.segment("MSH")[10]),
            "specimen": str(order[3]),
            "test": str(order[4][0][0]),
            "observations": observations,
        }

    async def serve(self, reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
        try:
            while True:
                message = await reader.readmessage()
                result = self.read(message)
                body = json.dumps(result)
                self.db.execute(
                    "INSERT OR IGNORE INTO result VALUES (?, ?, ?)",
                    (result["control_id"], body, str(message)),
                )
                await self.publish(body)
                writer.writemessage(message.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--broker-port", type=int, required=True)
    parser.add_argument("--database", required=True)
    asked = parser.parse_args()
    script = Script(asked.database, asked.broker_port)
    server = await start_hl7_server(script.serve, "127.0.0.1", asked.port, encoding="utf-8")
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
