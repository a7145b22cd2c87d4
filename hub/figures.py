"""What the process tells of itself: the metrics of edge and hub, made from their plain counters.

In every scrape: received = committed + refused + in flight, device by device; spooled = receipted
+ waiting + skipped; delivered = stored + duplicates + quarantined.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from hub.metrics import Histogram, Metric, Sample

_BY_DEVICE = ("device", "adapter")
RECEIVED = Metric(
    "epihub_edge_messages_received_total", "counter", "Messages that came from a device.", _BY_DEVICE
)
COMMITTED = Metric(
    "epihub_edge_messages_committed_total",
    "counter",
    "Messages that are on disk; only they are acknowledged.",
    _BY_DEVICE,
)
REFUSED = Metric(
    "epihub_edge_messages_refused_total",
    "counter",
    "Messages that could not be committed; the device keeps them.",
    _BY_DEVICE,
)
IN_FLIGHT = Metric(
    "epihub_edge_messages_in_flight",
    "gauge",
    "Messages received and neither committed nor refused yet.",
    _BY_DEVICE,
)
REPEATED = Metric(
    "epihub_edge_messages_repeated_total",
    "counter",
    "Committed messages that were known and got their stored reply.",
    _BY_DEVICE,
)
IDENTICAL = Metric(
    "epihub_edge_facts_identical_total", "counter", "Facts that were known under another message.", _BY_DEVICE
)
PROBLEMS = Metric(
    "epihub_edge_quarantined_total",
    "counter",
    "Messages or parts of messages put into quarantine at the edge.",
    _BY_DEVICE,
)
FACTS = Metric("epihub_edge_facts_total", "counter", "Facts that committed messages told.", _BY_DEVICE)
ACK_DURATION = Metric(
    "epihub_edge_ack_duration_seconds",
    "histogram",
    "From a whole message to its committed reply.",
    ("adapter",),
)
SPOOLED = Metric("epihub_spool_events_spooled_total", "counter", "Events that got a number in the spool.")
RECEIPTED = Metric(
    "epihub_spool_events_receipted_total", "counter", "Events that the hub has, by its receipt."
)
WAITING = Metric(
    "epihub_spool_events_waiting", "gauge", "Events in the spool that the hub has not receipted."
)
SKIPPED = Metric(
    "epihub_spool_events_skipped_total",
    "counter",
    "Events thinned out or moved to quarantine, declared to the hub.",
)
SPOOL_USED = Metric("epihub_spool_used_bytes", "gauge", "Disk space that the spool uses.")
SPOOL_QUOTA = Metric("epihub_spool_quota_bytes", "gauge", "Disk space that the spool may use.")
PUBLISHED = Metric(
    "epihub_relay_events_published_total", "counter", "Events handed to the bus, resent ones too."
)
RESENT = Metric("epihub_relay_events_resent_total", "counter", "Events handed to the bus again.")
RECEIPTS = Metric("epihub_relay_receipts_total", "counter", "Receipts heard from the hub.")
REWINDS = Metric("epihub_relay_rewinds_total", "counter", "Times the relay went back to an older event.")
CONNECTS = Metric("epihub_relay_connects_total", "counter", "Connections made to the bus.")
CONNECTED = Metric("epihub_relay_connected", "gauge", "1 while the edge has a connection to the bus.")
DELIVERED = Metric(
    "epihub_hub_events_delivered_total", "counter", "Events from the bus that are settled in the store."
)
STORED = Metric("epihub_hub_events_stored_total", "counter", "Delivered events that were new.")
DUPLICATES = Metric("epihub_hub_events_duplicates_total", "counter", "Delivered events that the store had.")
QUARANTINED = Metric(
    "epihub_hub_events_quarantined_total",
    "counter",
    "Delivered events that could not be read; kept in quarantine.",
)
HUB_WAITING = Metric(
    "epihub_hub_events_waiting", "gauge", "Events from the bus before their commit; not delivered yet."
)
COMMITS = Metric("epihub_hub_commits_total", "counter", "Transactions that the sink committed.")
FAILURES = Metric("epihub_hub_commit_failures_total", "counter", "Transactions that the store refused.")
LAST_NUMBER = Metric("epihub_hub_log_last_number", "gauge", "Highest number of the store's event log.")
DEVICE_UP = Metric("epihub_device_up", "gauge", "1 while the device is online.", ("device",))
DEVICE_SEEN = Metric(
    "epihub_device_last_seen_timestamp_seconds",
    "gauge",
    "When the device last spoke.",
    ("device",),
    fold="min",
)
CONTROL_REUSED = Metric(
    "epihub_edge_control_ids_reused_total",
    "counter",
    "Messages under the control id of another one.",
    _BY_DEVICE,
)
_BY_FORWARD = ("forward",)
FORWARD_WAITING = Metric(
    "epihub_forward_messages_waiting", "gauge", "Messages that are still to be delivered.", _BY_FORWARD
)
FORWARD_DEAD = Metric(
    "epihub_forward_messages_dead", "gauge", "Messages given up, until somebody decides.", _BY_FORWARD
)
FORWARD_DELIVERED = Metric(
    "epihub_forward_messages_delivered_total",
    "counter",
    "Messages that the other side accepted.",
    _BY_FORWARD,
)
FORWARD_REPEATED = Metric(
    "epihub_forward_messages_repeated_total", "counter", "Times a message was sent again.", _BY_FORWARD
)
FORWARD_DROPPED = Metric(
    "epihub_forward_answers_dropped_total", "counter", "Answers that settled nothing.", _BY_FORWARD
)
FORWARD_ORDERS = Metric(
    "epihub_forward_orders_total",
    "counter",
    "Orders that the other side sent by itself, by what came of them.",
    ("forward", "outcome"),
)
FORWARD_CONNECTED = Metric(
    "epihub_forward_connected", "gauge", "1 while a line to the other side stands.", _BY_FORWARD
)
NOTICES_WAITING = Metric(
    "epihub_notify_notices_waiting", "gauge", "Notices that are planned or still to be delivered."
)
NOTICES_DEAD = Metric("epihub_notify_notices_dead", "gauge", "Notices given up, until somebody decides.")
MESSAGES_TRIED = Metric(
    "epihub_notify_messages_total",
    "counter",
    "Messages given to a channel, by what it answered.",
    ("channel", "outcome"),
)
REPLIES = Metric(
    "epihub_notify_replies_total", "counter", "Replies of people by what came of them.", ("outcome",)
)
ORDERS_OPEN = Metric("epihub_orders_open", "gauge", "Orders without all their results.", ("state",))
QUERIES = Metric(
    "epihub_edge_queries_total",
    "counter",
    "Host queries of a device by what came of them.",
    ("device", "outcome"),
)
ORDERS_REFUSED = Metric(
    "epihub_edge_orders_refused_total", "counter", "Orders that a device would not take.", ("device",)
)
BUILD = Metric("epihub_build_info", "gauge", "Always 1; the version is in the label.", ("process", "version"))


class Messages(Protocol):
    """The counters of one device's messages (hub.edge.counters)."""

    received: int
    committed: int
    refused: int
    repeated: int
    identical: int
    control_reused: int
    quarantined: int
    facts: int
    queries_found: int
    queries_empty: int
    queries_passed: int
    queries_unanswered: int
    orders_refused: int

    @property
    def in_flight(self) -> int: ...


class Events(Protocol):
    """The figures of a spool."""

    spooled: int
    receipted: int
    waiting: int
    skipped: int
    used_bytes: int
    quota_bytes: int


class Relayed(Protocol):
    """The counters of a relay."""

    published: int
    resent: int
    receipts: int
    rewinds: int
    connects: int
    connected: bool


class Queue(Protocol):
    """What a forward has in the spool."""

    waiting: int
    dead: int


class Noticed(Protocol):
    """The counters of notices."""

    waiting: int
    dead: int
    outcomes: Counter[tuple[str, str]]
    replies: Counter[str]


class Forwarded(Protocol):
    """The counters of a forward."""

    delivered: int
    repeated: int
    dropped: int
    orders_passed: int
    orders_not_taken: int
    connected: bool


class Ordered(Protocol):
    """Orders that are not RESULTED yet and did not end."""

    placed: int
    sent: int


class Settled(Protocol):
    """The counters of a sink."""

    delivered: int
    stored: int
    duplicates: int
    quarantined: int
    commits: int
    failures: int
    last_number: int


def of_messages(device: str, adapter: str, counted: Messages) -> Iterator[Sample]:
    """Figures of one device."""
    yield RECEIVED.sample(counted.received, device, adapter)
    yield COMMITTED.sample(counted.committed, device, adapter)
    yield REFUSED.sample(counted.refused, device, adapter)
    yield IN_FLIGHT.sample(counted.in_flight, device, adapter)
    yield REPEATED.sample(counted.repeated, device, adapter)
    yield IDENTICAL.sample(counted.identical, device, adapter)
    yield CONTROL_REUSED.sample(counted.control_reused, device, adapter)
    yield PROBLEMS.sample(counted.quarantined, device, adapter)
    yield FACTS.sample(counted.facts, device, adapter)


def of_queries(device: str, counted: Messages) -> Iterator[Sample]:
    """What a device asked for."""
    yield QUERIES.sample(counted.queries_found, device, "orders")
    yield QUERIES.sample(counted.queries_empty, device, "no_orders")
    yield QUERIES.sample(counted.queries_passed, device, "passed_on")
    yield QUERIES.sample(counted.queries_unanswered, device, "not_answered")
    yield ORDERS_REFUSED.sample(counted.orders_refused, device)


def of_orders(orders: Ordered) -> Iterator[Sample]:
    """Orders of the edge that are open."""
    yield ORDERS_OPEN.sample(orders.placed, "placed")
    yield ORDERS_OPEN.sample(orders.sent, "sent")


def of_acks(adapter: str, durations: Histogram) -> Iterator[Sample]:
    """How long devices of one kind waited for their reply."""
    yield ACK_DURATION.sample(durations.distribution(), adapter)


def of_device(device: str, *, online: bool, last_seen_ms: int | None) -> Iterator[Sample]:
    """Whether a device is there; ``last_seen_ms`` in Unix ms, None if it never spoke."""
    yield DEVICE_UP.sample(int(online), device)
    if last_seen_ms is not None:
        yield DEVICE_SEEN.sample(last_seen_ms / 1000, device)


def of_spool(figures: Events) -> Iterator[Sample]:
    """Figures of the edge's spool."""
    yield SPOOLED.sample(figures.spooled)
    yield RECEIPTED.sample(figures.receipted)
    yield WAITING.sample(figures.waiting)
    yield SKIPPED.sample(figures.skipped)
    yield SPOOL_USED.sample(figures.used_bytes)
    yield SPOOL_QUOTA.sample(figures.quota_bytes)


def of_relay(counted: Relayed) -> Iterator[Sample]:
    """Figures of the way to the bus."""
    yield PUBLISHED.sample(counted.published)
    yield RESENT.sample(counted.resent)
    yield RECEIPTS.sample(counted.receipts)
    yield REWINDS.sample(counted.rewinds)
    yield CONNECTS.sample(counted.connects)
    yield CONNECTED.sample(int(counted.connected))


def of_sink(counted: Settled, waiting: int) -> Iterator[Sample]:
    """Figures of the hub's intake; ``waiting``: deliveries before their commit."""
    yield DELIVERED.sample(counted.delivered)
    yield STORED.sample(counted.stored)
    yield DUPLICATES.sample(counted.duplicates)
    yield QUARANTINED.sample(counted.quarantined)
    yield HUB_WAITING.sample(waiting)
    yield COMMITS.sample(counted.commits)
    yield FAILURES.sample(counted.failures)
    yield LAST_NUMBER.sample(counted.last_number)


def of_build(process: str, version: str) -> Iterator[Sample]:
    """Which version runs in ``process`` ("hub", "edge", "api")."""
    yield BUILD.sample(1, process, version)


def of_notices(counted: Noticed) -> Iterator[Sample]:
    """The outbox, and what channels and people answered."""
    yield NOTICES_WAITING.sample(counted.waiting)
    yield NOTICES_DEAD.sample(counted.dead)
    for (channel, outcome), count in counted.outcomes.items():
        yield MESSAGES_TRIED.sample(count, channel, outcome)
    for outcome, count in counted.replies.items():
        yield REPLIES.sample(count, outcome)


def of_forward(name: str, queue: Queue, counters: Forwarded) -> Iterator[Sample]:
    """One ``[[forward]]``."""
    yield FORWARD_WAITING.sample(queue.waiting, name)
    yield FORWARD_DEAD.sample(queue.dead, name)
    yield FORWARD_DELIVERED.sample(counters.delivered, name)
    yield FORWARD_REPEATED.sample(counters.repeated, name)
    yield FORWARD_DROPPED.sample(counters.dropped, name)
    yield FORWARD_ORDERS.sample(counters.orders_passed, name, "passed_on")
    yield FORWARD_ORDERS.sample(counters.orders_not_taken, name, "not_taken")
    yield FORWARD_CONNECTED.sample(int(counters.connected), name)
