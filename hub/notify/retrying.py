"""What a channel's answer means for a notice: done, again later, or given up. Pure."""

from hub.notify.channels.parcel import Delivery
from hub.notify.settings import NotifySettings
from storage.notices import NoticeRow, Settle

LONGEST_PAUSES = 60  # the longest is so many first ones
# Notices that are due together are looked for once.
TICK_MS = 500


def settled_of(row: NoticeRow, delivery: Delivery, at_ms: int, settings: NotifySettings) -> Settle:
    """Pauses double up to 60 times the first; after ``tries`` it is given up."""
    if delivery.outcome == "delivered":
        return Settle(row.key, "DELIVERED", delivery.code, row.due_ms, at_ms)
    if delivery.outcome == "refused" or row.tries + 1 >= settings.tries:
        return Settle(row.key, "DEAD", delivery.code, row.due_ms, at_ms)
    pauses = min(2 ** min(row.tries, 16), LONGEST_PAUSES)
    due_ms = at_ms + int(settings.retry_seconds * 1000 * pauses)
    return Settle(row.key, "WAITING", delivery.code, -(-due_ms // TICK_MS) * TICK_MS, at_ms)
