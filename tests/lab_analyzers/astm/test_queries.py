"""What a machine asks for, and how it is written what it gets: pure."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.astm.order_layout import OrderLayout
from adapters.lab_analyzers.astm.ordering import STANDARD, Heading, OrderWriter, Written
from adapters.lab_analyzers.astm.queries import Asked, Query, is_query, read_query
from adapters.lab_analyzers.astm.records import Record, Records, read_records
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Order

HEAD = "H|@^\\|M2||LAB^GeneXpert^6.4|||||LIS-1||P|1394-97|20260812101530"
AT = datetime(2026, 8, 12, 17, 15, 30, tzinfo=UTC)
PLAIN = OrderLayout()
CODES = {"94500-6": "COV", "85477-8": "FLUA", "85478-6": "FLUB"}


def asking(*lines: str, head: str = HEAD) -> bytes:
    return "".join(f"{line}\r" for line in (head, *lines, "L|1|N")).encode()


def asked(*lines: str, layout: OrderLayout = PLAIN, head: str = HEAD) -> Query:
    query = read_query(asking(*lines, head=head), layout)
    assert query is not None
    return query


@pytest.mark.parametrize(
    ("record", "specimens"),
    [
        ("Q|1|^S1||||||||||O@N", ["S1"]),
        ("Q|1|PAT-5^S1||||||||||O@N", ["S1"]),
        ("Q|1|PAT-5^S1^ISID-3||||||||||O", ["S1"]),
        ("Q|1|S1||ALL||||||||O", ["S1"]),
        ("Q|1|S1", ["S1"]),
        ("Q|1|^S1@^S2@PAT^S3||||||||||O@N", ["S1", "S2", "S3"]),
        ("Q|1|^S1@^S1||||||||||N", ["S1"]),
        ("q|1|^ S1 ||||||||||o", ["S1"]),
        ("Q|1|^A\\S\\B||||||||||O", ["A^B"]),
    ],
)
def test_specimens_that_are_asked_for(record: str, specimens: list[str]) -> None:
    query = asked(record)
    assert [each.specimen for each in query.asked] == specimens
    assert not query.everything
    assert not query.cancels


@pytest.mark.parametrize("field", ["ALL", "", "^ALL", "^", "all"])
def test_everything_is_asked_for(field: str) -> None:
    query = asked(f"Q|1|{field}||||||||||O@N")
    assert query.everything
    assert not query.asked


@pytest.mark.parametrize("field", ["PAT-5^", "PAT-5^^ISID-3", "^^ISID-3"])
def test_a_patient_alone_is_not_everything(field: str) -> None:
    query = asked(f"Q|1|{field}||||||||||O@N")
    assert (query.asked, query.everything) == ((), False)
    query = asked("Q|1|^S1||||||||||O", layout=OrderLayout(asked_component=3))
    assert (query.asked, query.everything) == ((), False)


@pytest.mark.parametrize("status", ["D", "F", "R", "X", "P", "F@X"])
def test_what_is_no_question_for_orders(status: str) -> None:
    query = asked(f"Q|1|^S1||||||||||{status}")
    assert (query.asked, query.everything, query.cancels) == ((), False, False)


def test_a_query_is_taken_back() -> None:
    assert asked("Q|1|||||||||||A", "C|1|I|timeout^last request has been cancelled|I").cancels


def test_several_queries_of_one_message_are_one() -> None:
    query = asked("Q|1|^S1||||||||||O", "Q|2|^S2||||||||||O", "Q|3|^S3||||||||||F")
    assert [each.specimen for each in query.asked] == ["S1", "S2"]


def test_other_delimiters_and_places() -> None:
    layout = OrderLayout(asked_component=3, as_asked=True)
    query = asked("Q|1|2^1^     SX-7^B||||20260812", layout=layout, head="H|\\^&|||XN-550")
    assert query.asked == (Asked("SX-7", "", "2^1^     SX-7^B"),)


def test_how_many_are_looked_up_is_bounded() -> None:
    query = asked(*(f"Q|1|{'@'.join(f'^S{row}-{at}' for at in range(60))}||||||||||O" for row in range(9)))
    assert len(query.asked) == 100


def test_what_is_no_query() -> None:
    result = b"H|\\^&|||X\rP|1\rO|1|S\rR|1|^^^A|1\rL|1|N\r"
    assert not is_query(result)
    assert read_query(result, OrderLayout()) is None
    assert read_query(b"MSH|^~\\&|X\rQPD|1\rQ|1|S1\r", OrderLayout()) is None
    assert read_query(b"HHHHH\rQ|1|S1\r", OrderLayout()) is None
    too_many = read_query(b"H|\\^&\r" + b"Q|1|S1\r" * 20_001, OrderLayout())
    assert too_many is not None
    assert not too_many.asked


@given(st.binary(max_size=300))
def test_any_bytes_are_a_query_or_none(raw: bytes) -> None:
    query = read_query(b"H|\\^&|" + raw + b"\rQ|1|" + raw, OrderLayout())
    if query:
        assert answered(query, [(each, Order("o", "S", ("94500-6",))) for each in query.asked]).records


def writer(layout: OrderLayout = PLAIN) -> OrderWriter:
    return OrderWriter(layout, CODES.get)


def answered(query: Query, found: list[tuple[Asked | None, Order]], layout: OrderLayout = PLAIN) -> Written:
    return writer(layout).answer(Heading.answering(query.header, "c0ffee", AT), found)


def lines_of(written: Written) -> list[str]:
    assert written.records.endswith(b"\r")
    return written.records.decode().split("\r")[:-1]


def test_an_answer_in_the_machines_own_delimiters_and_names() -> None:
    query = asked("Q|1|PAT-5^S1||||||||||O@N")
    order = Order("o-1", "S1", ("94500-6", "85477-8"), "STAT", "NP", 1_786_503_600_000)
    assert lines_of(answered(query, [(query.asked[0], order)])) == [
        "H|@^\\|c0ffee||LIS-1|||||LAB^GeneXpert^6.4||P|1394-97|20260812171530",
        "P|1",
        "O|1|S1||^^^COV@^^^FLUA|S|20260812171530|20260812030000||||N||||NP||||||||||Q",
        "L|1|F",
    ]


def test_an_answer_as_genexpert_wants_it() -> None:
    layout = OrderLayout(patient_field=5, one_test_each=True, action="A", descriptor="ORH", frames="message")
    query = asked("Q|1|PAT-5^S1||||||||||O@N")
    order = Order("o-1", "S1", ("94500-6", "85477-8"))
    assert lines_of(answered(query, [(query.asked[0], order)], layout))[1:] == [
        "P|1|||PAT-5",
        "O|1|S1||^^^COV|R|20260812171530|||||A||||ORH||||||||||Q",
        "O|2|S1||^^^FLUA|R|20260812171530|||||A||||ORH||||||||||Q",
        "L|1|F",
    ]


@pytest.mark.parametrize("tests", [("WBC",), ("WBC", "NEUT#", "NEUT%")])
def test_an_answer_as_sysmex_wants_it_with_rack_and_place_as_they_were_asked(tests: tuple[str, ...]) -> None:
    profile = load_profile("sysmex-xn")
    layout = profile.records.orders
    query = asked("Q|1|2^1^          SX-7^B||||20260812", layout=layout, head="H|\\^&|||XN-550^00-29")
    assert [each.specimen for each in query.asked] == ["SX-7"]
    names = {test: name.code for test in tests if (name := profile.ordered_as(test))}
    written = OrderWriter(layout, names.get).answer(
        Heading.answering(query.header, "c0ffee", AT), [(query.asked[0], Order("o", "SX-7", tests))]
    )
    ordered = "\\".join(f"^^^^{test}" for test in tests)
    assert lines_of(written)[2] == (
        f"O|1|2^1^          SX-7^B||{ordered}|R|20260812171530|||||N||||||||||||||Q"
    )


def test_no_order_is_said_at_once() -> None:
    written = answered(asked("Q|1|^S9||||||||||O"), [])
    assert [line[:5] for line in lines_of(written)] == ["H|@^\\", "L|1|I"]
    assert written.orders == ()


def test_a_test_that_nobody_named_is_told_and_never_guessed() -> None:
    known, none = Order("o-1", "S1", ("94500-6", "X")), Order("o-2", "S2", ("Y",))
    written = answered(asked("Q|1|ALL||||||||||O"), [(None, known), (None, none)])
    assert written.orders == (known,)
    assert written.unknown == ("X", "Y")
    assert "Y" not in written.records.decode().split("O|", 1)[1]
    assert lines_of(answered(asked("Q|1|^S2"), [(None, none)]))[1:] == ["L|1|I"]


def test_orders_of_one_specimen_are_one() -> None:
    orders = [
        Order("o-1", "S1", ("94500-6",)),
        Order("o-2", "S2", ("94500-6",)),
        Order("o-3", "S1", ("94500-6", "85477-8"), "STAT"),
    ]
    written = answered(asked("Q|1|ALL"), [(None, order) for order in orders])
    assert [line[:30] for line in lines_of(written)[1:-1]] == [
        "P|1", "O|1|S1||^^^COV@^^^FLUA|S|20260", "P|2", "O|1|S2||^^^COV|R|2026081217153",
    ]  # fmt: skip
    assert written.orders == tuple(orders)


def test_what_is_sent_unasked_new_and_withdrawn() -> None:
    orders = [Order("o-0", "S0", ("94500-6",), cancelled=True), Order("o-1", "S1", ("85477-8",))]
    written = writer().download(Heading(STANDARD, "c0ffee", AT), orders)
    assert lines_of(written) == [
        "H|\\^&|c0ffee||EPIHUB|||||||P|1394-97|20260812171530",
        "P|1",
        "O|1|S0||^^^COV|R|20260812171530|||||C||||||||||||||O",
        "P|2",
        "O|1|S1||^^^FLUA|R|20260812171530|||||N||||||||||||||O",
        "L|1|N",
    ]
    assert writer().download(Heading(STANDARD, "c", AT), [Order("o", "S", ("X",))]).records == b""


SPECIMENS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@given(SPECIMENS, SPECIMENS)
def test_any_specimen_is_read_back_as_it_was_ordered(specimen: str, other: str) -> None:
    written = writer().download(
        Heading(STANDARD, "c", AT), [Order("1", specimen, ("94500-6",)), Order("2", other, ("85478-6",))]
    )
    records = read_records(written.records)
    assert isinstance(records, Records)
    orders = [record for record in records.rest if record.type == "O"]
    assert {record.text(3) for record in orders} == {specimen, other}
    assert {record.text(5, 4) for record in orders} <= {"COV", "FLUB"}


def test_nothing_of_a_specimen_ends_a_record_or_a_frame() -> None:
    written = writer().download(Heading(STANDARD, "c", AT), [Order("1", "S\r\x03\x04L|1", ("94500-6",))])
    assert [line[:1] for line in lines_of(written)] == ["H", "P", "O", "L"]
    assert b"\x03" not in written.records
    assert b"\x04" not in written.records


def test_names_of_the_header_are_bounded_and_printable() -> None:
    header = Record("H|\\^&|||" + "A" * 500 + "\x06|||||B\x15", STANDARD, "record 1")
    heading = Heading.answering(header, "c", AT)
    assert len(heading.receiver) == 200
    assert heading.sender == "B"
