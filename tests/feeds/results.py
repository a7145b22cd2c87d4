"""A store with results of one fact after the other, and what a feed would send of each event."""

from collections.abc import Sequence

from hub.feeds.contract import FeedSettings, Message, Opened, Told
from storage.contract import Arrival, EventStore, StoreReader
from tests.conformance.store_use import write


async def messages(
    opened: Opened, store: EventStore, reader: StoreReader, *arrivals: Arrival
) -> list[Message]:
    """Everything is stored first, then each event is written as it stands now."""
    await write(store, *arrivals)
    return [await message(opened, reader, arrival) for arrival in wanted(opened, arrivals)]


def wanted(opened: Opened, arrivals: Sequence[Arrival]) -> list[Arrival]:
    return [one for one in arrivals if opened.feed.wants(one.event)]


async def message(opened: Opened, reader: StoreReader, arrival: Arrival) -> Message:
    told = Told(1, arrival.event, arrival.body)
    found = await opened.looks.look(reader, told) if opened.looks else None
    return opened.feed.message(told, found)


def settings(kind: str, **options: object) -> FeedSettings:
    return FeedSettings(f"to-{kind}", kind, "t", options={"hub": "dong-nai", **options})
