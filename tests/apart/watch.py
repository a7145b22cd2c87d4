"""What a broker says of the edges: ``python -m tests.apart.watch URL USER CA_FILE EDGE``, password on stdin.

A line on standard output for each state of the edge, its reason behind it.
"""

import asyncio
import json
import sys
from pathlib import Path

from hub.mqtt.address import address_from_url
from hub.mqtt.connection import Incoming, connect


async def watch(url: str, user: str, ca_file: Path, edge: str) -> None:
    def heard(messages: list[Incoming]) -> None:
        for message in messages:
            told = json.loads(message.payload)
            sys.stdout.write(f"{told['state']} {told['reason']}\n")
        sys.stdout.flush()
        connection.acknowledge([message for message in messages if message.packet_id])

    address = address_from_url(url, user, sys.stdin.readline().strip(), ca_file)
    connection = await connect(address, "watch", clean=True, on_messages=heard)
    await connection.subscribe(f"epihub/v1/state/+/{edge}")
    await connection.lost()


if __name__ == "__main__":
    asyncio.run(watch(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
