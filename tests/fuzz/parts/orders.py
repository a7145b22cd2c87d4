"""What order codecs promise: a query of any bytes is answered in what its sender can read, or refused."""

from collections.abc import Callable
from datetime import datetime

from adapters.lab_analyzers.acknowledge import Trouble
from adapters.lab_analyzers.astm.order_layout import OrderLayout
from adapters.lab_analyzers.astm.ordering import Heading
from adapters.lab_analyzers.astm.ordering import OrderWriter as AstmWriter
from adapters.lab_analyzers.astm.queries import MAX_ASKED
from adapters.lab_analyzers.astm.queries import read_query as read_astm_query
from adapters.lab_analyzers.astm.records import Records, read_records
from adapters.lab_analyzers.er7 import Fault, Header, read_header
from adapters.lab_analyzers.hl7_order_answers import is_answer, read_answer, verdict
from adapters.lab_analyzers.hl7_orders import OrderMessage, OrderWriter
from adapters.lab_analyzers.hl7_queries import is_query, read_query
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Order
from tests.fuzz.parts.meaning import CHARSETS, ZONE
from tests.fuzz.parts.target import Check, random_of, require

AT = datetime(2026, 3, 1, 10, 30, tzinfo=ZONE)
TESTS = ("94500-6", "MTB-RIF", "COV", "?")
MARKS_OF_MLLP = frozenset(b"\x0b\x1c")
MARKS_OF_E1381 = frozenset(b"\x02\x03\x04\x05\x17")
ODD = 'S|^~\\&"\x0b\x1c\rỆ'


def orders(specimens: tuple[str, ...]) -> list[Order]:
    """An order of each specimen that is asked for, and one that no delimiter leaves alone."""
    named = [*specimens[:3], "DN0812-0007", ODD]
    return [Order(f"O-{number}", each, TESTS, collected_ms=0) for number, each in enumerate(named)]


def queries(profile: str) -> Check:
    """HL7: what a machine asks, and what it is told."""
    known = load_profile(profile)
    writer = OrderWriter(known)

    def check(data: bytes) -> None:
        header = read_header(data)
        if isinstance(header, Fault) or not is_query(header):
            return
        query = read_query(data, known, random_of(data).choice(CHARSETS))
        if isinstance(query, Fault):
            _check_message(writer.refusal(header, data, Trouble(query.reason, query.place, 101), AT))
            return
        written = writer.answer(query, orders(query.specimens), data, AT)
        _check_message(written.answer)
        for message in written.messages:
            _check_message(message.raw)

    return check


def _check_message(raw: bytes) -> None:
    require(isinstance(read_header(raw), Header), "what we write can be read")
    require(not MARKS_OF_MLLP & set(raw), "what we write is one block")
    require(raw.endswith(b"\r") and b"\n" not in raw, "what we write ends as it should")


def check_answers(data: bytes) -> None:
    """HL7: what a machine says to our orders takes them, refuses them, or asks for them again."""
    header = read_header(data)
    if isinstance(header, Fault) or not is_answer(header):
        return
    answer = read_answer(data, header)
    if isinstance(answer, Fault):
        return
    sent = OrderMessage(b"C", b"", {f"{each.order}/T": each for each in orders(())})
    found = verdict(answer, sent)
    told = [*found.taken, *found.refused]
    require(
        found.again or sorted(each.order for each in told) == ["O-0", "O-1"], "each order has one verdict"
    )


def astm_queries(profile: str) -> Check:
    """ASTM: the same; what is asked for is bounded."""
    known = load_profile(profile)
    code_of: Callable[[str], str | None] = lambda test: (known.ordered_as(test) or (None,))[0]  # noqa: E731

    def check(data: bytes) -> None:
        random = random_of(data)
        layout = OrderLayout(asked_component=random.randint(0, 3), as_asked=random.random() < 0.5)
        query = read_astm_query(data, layout)
        if query is None:
            return
        require(len(query.asked) <= MAX_ASKED, "a query asks for so many specimens at most")
        heading = Heading.answering(query.header, "C1", AT)
        asked = [(each, order) for each in query.asked[:3] for order in orders((each.specimen,))]
        for written in (
            AstmWriter(layout, code_of).answer(heading, asked),
            AstmWriter(layout, code_of).download(heading, [order for _, order in asked]),
        ):
            _check_records(written.records)

    return check


def _check_records(raw: bytes) -> None:
    if raw:
        require(isinstance(read_records(raw), Records), "what we write can be read")
        require(not MARKS_OF_E1381 & set(raw), "what we write fits into frames")
