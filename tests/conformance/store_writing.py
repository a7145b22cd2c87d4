"""Events written until the process is killed, each id printed only after its commit."""

import asyncio
import sys

from hub.reported import Declaration
from storage.contract import Arrival, Batch, EventStore, Watermark
from tests.conformance.camera_arrivals import told
from tests.conformance.gate_arrivals import decision, gate, happened, passage
from tests.conformance.store_arrivals import EPOCH_A, NOW, From, arrival, lab, reading

AT_ONCE = 4
# Six results, a reading, somebody who goes through a gate, how a camera stands, and a correction of a fact.
BATCH = 11
FACTS = 10
TELLINGS = 10  # of a camera about one state


async def write_for_ever(store: EventStore, first: int) -> None:
    """``first``: numbers below it were used by processes before."""
    async with asyncio.TaskGroup() as group:
        for each in range(AT_ONCE):
            group.create_task(_write_batches(store, first + each, AT_ONCE), name=f"writer[{each}]")


async def _write_batches(store: EventStore, first: int, step: int) -> None:
    for start in range(first, sys.maxsize, step):
        *results, read, decided, went, health, said = range(start * BATCH + 1, start * BATCH + BATCH + 1)
        made = [
            *(lab(f"S-{seq}", From(seq=seq), time_ms=NOW + seq) for seq in results),
            reading(5.0, From("fridge-01", "kho", seq=read), ts=NOW + start),
            happened(decision(f"s{start}"), gate(decided), NOW + start),
            happened(passage(f"s{start}"), gate(went), NOW + start),
            told("ONLINE", NOW + start - start % TELLINGS, NOW + start, health),
            _declared(start, said),
        ]
        watermark = Watermark("edge-1", EPOCH_A, said, made[-1].event.id)
        await store.write(Batch(store.term, made, watermarks=[watermark], received_ms=NOW))
        sys.stdout.writelines(f"{each.event.id}\n" for each in made)
        sys.stdout.flush()


def _declared(start: int, seq: int) -> Arrival:
    declaration = Declaration(
        reference=f"NC-{start % FACTS}", date="2021-08-01", district="731", visit_site=f"s-{start}"
    )
    origin = From("intake", "dong-nai", seq=seq)
    return arrival(declaration, origin, time_ms=NOW + start, subject=declaration.subject)
