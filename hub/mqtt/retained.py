"""What a broker keeps (retained), also where it is published in the moment in which we subscribe.

NATS 2.15 looks up what it keeps before a subscription stands: what comes between goes out neither as a new
message nor as a kept one (1 of 120 where both meet within 2 ms; mosquitto 2: none of 600).
"""

import asyncio
from typing import Literal

from hub.mqtt.connection import Connection

PAUSES_SECONDS = (1.0, 4.0, 16.0)


async def ask_again(connection: Connection, *filters: str, qos: Literal[0, 1] = 1) -> None:
    """Subscribe three times more: each time the broker sends again what it keeps. Raises BusUnavailable."""
    for pause in PAUSES_SECONDS:
        await asyncio.sleep(pause)
        await connection.subscribe(*filters, qos=qos)
