"""What a channel's answer means for a notice: done, again later, or given up. Pure."""

from hub.notify.channels.parcel import Delivery
from storage.notices import NoticeRow, Settle

FIRST_PAUSE_MS = 5000
LONGEST_PAUSE_MS = 300_000
# Notices that are due together are looked for once.
TICK_MS = 500


def settled_of(row: NoticeRow, delivery: Delivery, at_ms: int, most_tries: int) -> Settle:
    """Pauses double from 5 s to 5 min; after ``most_tries`` it is given up."""
    if delivery.outcome == "delivered":
        return Settle(row.key, "DELIVERED", delivery.code, row.due_ms, at_ms)
    if delivery.outcome == "refused" or row.tries + 1 >= most_tries:
        return Settle(row.key, "DEAD", delivery.code, row.due_ms, at_ms)
    due_ms = at_ms + min(FIRST_PAUSE_MS * 2 ** min(row.tries, 16), LONGEST_PAUSE_MS)
    return Settle(row.key, "WAITING", delivery.code, -(-due_ms // TICK_MS) * TICK_MS, at_ms)
