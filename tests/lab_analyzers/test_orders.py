"""Orders as HL7, without a line: read by hl7apy, safe with any text and after any query; ORL of any kind."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from adapters.lab_analyzers.er7 import STANDARD, Delimiters, Header, Message, read_header, read_message
from adapters.lab_analyzers.hl7_order_answers import MachineAnswer, read_answer, verdict
from adapters.lab_analyzers.hl7_orders import OrderMessage, OrderWriter
from adapters.lab_analyzers.hl7_outbox import ANSWER_SECONDS, MOST_WAITING, TRIES, Outbox
from adapters.lab_analyzers.hl7_queries import read_query
from adapters.lab_analyzers.hl7_writing import Manner
from adapters.lab_analyzers.order_rules import NamedTest, OrderRules
from adapters.lab_analyzers.profiles import load_profile, names
from hub.contract import Order
from tests.lab_analyzers.line import config, oru
from tests.lab_analyzers.test_host_query import genexpert, orl, query
from tests.lab_analyzers.test_host_query_cases import AT, answered
from tests.lab_analyzers.test_results import one

ORDERS = [
    Order("A-1", "S-1", ("94500-6", "95941-1"), "STAT", "NP", 1_785_540_000_000),
    Order("A-2", "S-1", ("94533-7",)),
]


STANDARD_MANNER = Manner()


def read(raw: bytes, charset: str = "") -> Message:
    header = read_header(raw)
    assert isinstance(header, Header)
    message = read_message(raw, header, charset)
    assert isinstance(message, Message)
    return message


def values(raw: bytes, name: str, number: int, charset: str = "") -> list[str]:
    message = read(raw, charset)
    segments = (message.segment(line) for line in message.lines if line.startswith(name))
    return [segment.text(number) for segment in segments]


def oml(*orders: Order, manner: Manner = STANDARD_MANNER, profile: str = "generic") -> OrderMessage:
    (message,) = OrderWriter(load_profile(profile)).unasked(manner, orders, AT).messages
    return message


def test_hl7apy_reads_what_we_write() -> None:
    """A library that knows the structures of the standard and shares nothing with us.

    One step a message: of several it takes the second for a prior result, which may stand there too.
    """
    written, _ = answered(query("Q1", "S-1"), "generic", [replace(ORDERS[0], tests=("94500-6",))])
    answer = parse_message(written.answer.decode(), validation_level=VALIDATION_LEVEL.STRICT)
    assert answer.name == "RSP_K11"
    assert answer.qak.qak_2.value == "OK"
    assert answer.qpd.qpd_2.value == "tag-Q1"
    order = parse_message(written.messages[0].raw.decode(), validation_level=VALIDATION_LEVEL.TOLERANT)
    assert order.name == "OML_O33"
    assert order.msh.msh_21.value == "LAB-28^IHE"
    specimen = order.oml_o33_specimen
    assert specimen.spm.spm_2.value == specimen.sac.sac_3.value == "S-1"
    step = specimen.oml_o33_order
    assert step.orc.orc_1.value == "NW"
    assert step.oml_o33_timing.tq1.tq1_9.value == "S^^HL70485"
    assert step.oml_o33_observation_request.obr.obr_4.value == "94500-6^^LN"


def test_cancelled_orders_say_so_under_the_same_step() -> None:
    new, cancelled = oml(ORDERS[1]), oml(replace(ORDERS[1], cancelled=True))
    assert (values(new.raw, "ORC", 1), values(cancelled.raw, "ORC", 1)) == (["NW"], ["CA"])
    assert values(new.raw, "OBR", 2) == values(cancelled.raw, "OBR", 2) == ["A-2/94533-7"]
    assert new.control != cancelled.control


def test_a_step_keeps_its_name_when_another_test_of_the_order_has_its_result() -> None:
    left = replace(ORDERS[0], tests=("95941-1",))
    assert list(oml(left).steps) == ["A-1/95941-1"]
    assert list(oml(ORDERS[0]).steps) == ["A-1/94500-6", "A-1/95941-1"]


def test_the_number_of_an_order_comes_back_without_its_step() -> None:
    for sent, order in (("ORD-7/94500-6", "ORD-7"), ("LIS/9", "LIS/9")):
        result, _ = one(oru(obr=f"OBR|1|{sent}|SP-1|94500-6^SARS-CoV-2 RNA^LN"))
        assert result.order == order


MARKS = st.permutations("|^~\\&#*!$%@").map(lambda marks: Delimiters(*marks[:5]))
CODECS = st.sampled_from(["utf-8", "latin-1", "cp1258", "gb18030", "ascii", "big5"])


@given(st.text(max_size=60), st.text(max_size=40), MARKS, CODECS)
def test_any_text_of_an_order_survives_or_is_left_out(
    specimen: str, number: str, marks: Delimiters, codec: str
) -> None:
    manner = Manner(delimiters=marks, codec=codec, charset=b"")
    order = Order(number, specimen, ("94500-6",), specimen_type=specimen[:8])
    written = OrderWriter(load_profile("generic")).unasked(manner, [order], AT)
    if not written.messages:
        assert [left.reason for left in written.left_out] == ["order.charset"]
        with pytest.raises(UnicodeEncodeError):
            (specimen + number).encode(codec)
        return
    (message,) = written.messages
    assert values(message.raw, "SAC", 3, codec) == [specimen.strip()]
    assert values(message.raw, "OBR", 2, codec) == [f"{number}/94500-6".strip()]
    assert len(read(message.raw, codec).lines) == 5


def test_charset_ascii_gets_ascii() -> None:
    order = Order("1", "Mẫu-1", ("94500-6",))
    written = OrderWriter(load_profile("generic")).unasked(Manner(charset=b"ASCII"), [order], AT)
    assert not written.messages
    assert [(left.reason, left.place) for left in written.left_out] == [("order.charset", "order")]


QUERIES = [query("Q1", "S-1"), query("Q2", "S-1~S-2", "AL|AL"), genexpert("G1"), genexpert("G2", "|S-1")]
TORN = st.builds(
    lambda raw, at, count, noise: raw[:at] + noise + raw[at + count :],
    st.sampled_from(QUERIES),
    st.integers(60, 260),
    st.integers(0, 40),
    st.binary(max_size=30),
)


@given(TORN, st.sampled_from(names()))
def test_any_query_is_answered(raw: bytes, profile: str) -> None:
    """Whatever stands behind a header that can be read: an answer with MSA to its MSH-10, or the codec's."""
    header = read_header(raw)
    if not isinstance(header, Header):
        return
    written, fault = answered(raw, profile, ORDERS)
    code = values(written.answer, "MSA", 1, "latin-1")
    assert code == (["AE"] if fault else ["AA"])
    assert isinstance(read_header(written.answer), Header)
    for message in written.messages:
        assert isinstance(read_header(message.raw), Header)


@given(st.binary(max_size=400))
def test_hostile_bytes_never_raise(tail: bytes) -> None:
    head = b"MSH|^~\\&|M1||LIS||20260801||QBP^Q11|Q1|P|2.5.1\r"
    read_query(head + tail, load_profile("generic"))
    header = read_header(head)
    assert isinstance(header, Header)
    read_answer(head + tail, header)


SENT = oml(*ORDERS)


@pytest.mark.parametrize(
    ("steps", "code", "taken", "refused", "again"),
    [
        (["OK A-1/94500-6", "OK A-1/95941-1", "OK A-2/94533-7"], "AA", ["A-1", "A-2"], [], False),
        ([], "AA", ["A-1", "A-2"], [], False),
        (["OK A-1/94500-6", "UA A-1/95941-1", "OK A-2/94533-7"], "AA", ["A-2"], ["A-1"], False),
        (["UA A-2/94533-7"], "AA", ["A-1"], ["A-2"], False),
        (["OK x", "OK y", "UA z"], "AA", ["A-1"], ["A-2"], False),  # by place: it names steps of its own
        (["UA z"], "AA", [], ["A-1", "A-2"], False),  # of which nobody knows: nothing counts as taken
        (["UC A-2/94533-7"], "AA", ["A-1"], ["A-2"], False),
        ([], "AR", [], ["A-1", "A-2"], False),
        ([], "CR", [], ["A-1", "A-2"], False),
        ([], "AE", [], [], True),
    ],
)
def test_what_a_machine_says(
    steps: list[str], code: str, taken: list[str], refused: list[str], again: bool
) -> None:
    raw = orl("R1", SENT.control.decode(), *steps, code=code)
    header = read_header(raw)
    assert isinstance(header, Header)
    answer = read_answer(raw, header)
    assert isinstance(answer, MachineAnswer)
    said = verdict(answer, SENT)
    assert [order.order for order in said.taken] == taken
    assert [order.order for order in said.refused] == refused
    assert said.again is again


def test_steps_may_be_named_in_obr() -> None:
    raw = orl("R1", "c").replace(b"MSA|AA|c\r", b"MSA|AA|c\rORC|UA\rOBR|1|A-1/94500-6\rORC|OK\rTQ1|1\r")
    header = read_header(raw)
    assert isinstance(header, Header)
    answer = read_answer(raw, header)
    assert answer[2] == (("UA", "A-1/94500-6"), ("OK", ""))


def test_names_of_tests() -> None:
    cobas, genexpert_names, generic = (load_profile(name) for name in ("cobas-4800", "genexpert", "generic"))
    assert cobas.ordered_as("0BHIV1") == NamedTest("0BHIV1", "HIV-1 RNA", "99ROC")
    assert cobas.ordered_as("94500-6") is None
    assert generic.ordered_as("94500-6") == NamedTest("94500-6", "", "LN")
    assert generic.ordered_as("94500-7") is None  # a wrong check digit
    assert genexpert_names.ordered_as("MTB-ULTRA") == NamedTest("MTB-ULTRA")
    own = cobas.model_copy(
        update={"loinc": {"MPX": "94500-6"}, "orders": OrderRules(tests={"F": "FLU^Flu^L"})}
    )
    assert own.ordered_as("94500-6") == NamedTest("MPX", "", "")
    assert own.ordered_as("F") == NamedTest("FLU", "Flu", "L")


def test_what_can_be_chosen_from_has_a_name_at_the_machine_and_is_no_control() -> None:
    for name in names():
        profile = load_profile(name)
        for code, text in profile.known_tests().items():
            told = profile.ordered_as(code)
            assert told is not None, (name, code)
            assert not told.text or told.text == text
    assert load_profile("cobas-4800").known_tests()["0BHIV1"] == "HIV-1 RNA"
    own = load_profile("generic").model_copy(
        update={
            "texts": {"A": "Flu A", "SPC": "Control"},
            "internal_controls": frozenset({"SPC"}),
            "orders": OrderRules(tests={"F": "FLU^Flu^L", "A": "FA"}),
        }
    )
    assert own.known_tests() == {"A": "Flu A", "F": "Flu"}


def test_every_profile_says_how_it_takes_orders_or_why_not() -> None:
    for name in names():
        rules = load_profile(name).orders
        assert rules.source, name
        assert (rules.hl7 == "none") == rules.source.startswith("none:"), name


def test_settings_of_orders() -> None:
    assert config(orders="download", profile="cobas-5800", orders_to="10.1.2.3:4000").orders == "download"
    for wrong in (
        {"orders": "download", "profile": "genexpert"},
        {"orders_to": "10.1.2.3"},
        {"orders_to": "host:70000"},
        {"orders": "always"},
    ):
        with pytest.raises(ValidationError):
            config(**wrong)
    with pytest.raises(ValidationError):
        OrderRules(tests={"A": "^no code"})


class TestOutbox:
    """One outstanding; times are the test's own."""

    @staticmethod
    def sent(count: int) -> list[OrderMessage]:
        return [OrderMessage(f"C{number}".encode(), b"", {"A-2/1": ORDERS[1]}) for number in range(count)]

    def said(self, message: OrderMessage, code: str) -> MachineAnswer:
        raw = orl("R", message.control.decode(), code=code)
        header = read_header(raw)
        assert isinstance(header, Header)
        answer = read_answer(raw, header)
        assert isinstance(answer, MachineAnswer)
        return answer

    def test_the_next_goes_when_the_first_is_answered(self) -> None:
        outbox, (first, second) = Outbox(), self.sent(2)
        assert outbox.put(first, "a")
        assert outbox.put(second, "a")
        sending = outbox.next(0, {"a"})
        assert sending is not None
        assert sending.message is first
        assert outbox.next(1, {"a"}) is None
        assert outbox.heard(self.said(first, "CA"), 1) is first
        assert outbox.next(1, {"a"}) is None
        assert outbox.heard(self.said(second, "AA"), 1) is None
        assert outbox.heard(self.said(first, "AA"), 1) is first
        sending = outbox.next(1, {"a"})
        assert sending is not None
        assert sending.message is second
        assert outbox.heard(self.said(first, "AA"), 1) is first  # late, and known
        assert outbox.holds(second)

    def test_no_answer_is_asked_for_again_and_then_given_up(self) -> None:
        outbox, (first, second) = Outbox(), self.sent(2)
        outbox.put(first, "a")
        outbox.put(second, "a")
        now = 0.0
        for _ in range(TRIES):
            sending = outbox.next(now, {"a"})
            assert sending is not None
            assert sending.message is first
            assert outbox.deadline({"a"}) == now + ANSWER_SECONDS
            now += ANSWER_SECONDS
        sending = outbox.next(now, {"a"})
        assert sending is not None
        assert sending.message is second
        assert outbox.unanswered == 1

    def test_ae_is_tried_again_and_no_longer_than_the_rest(self) -> None:
        outbox, (first,) = Outbox(), self.sent(1)
        outbox.put(first, "a")
        for at in range(TRIES):
            assert outbox.next(at * 20, {"a"}) is not None
            outbox.heard(self.said(first, "AE"), at * 20)
        assert not outbox.holds(first)

    def test_a_closed_route_gives_up_and_one_that_waits_keeps(self) -> None:
        outbox, (first, second) = Outbox(), self.sent(2)
        outbox.put(first, "a")
        outbox.put(second, "order line")
        assert outbox.next(0, {"a"}) is not None
        outbox.gone("a")
        assert not outbox.holds(first)
        assert outbox.next(0, {"a"}) is None
        assert outbox.has_for("order line")
        assert outbox.next(0, {"order line"}) is not None
        assert outbox.next(99, set()) is None  # down: it goes again when the line is back
        assert outbox.next(99, {"order line"}) is not None

    def test_that_there_is_no_order_is_sent_once_and_holds_up_nothing(self) -> None:
        outbox, (order,) = Outbox(), self.sent(1)
        nothing = OrderMessage(b"N", b"")
        outbox.put(nothing, "a")
        assert outbox.next(0, {"a"}) is not None
        assert outbox.next(ANSWER_SECONDS, {"a"}) is None
        assert not outbox.holds(nothing)
        assert outbox.unanswered == 0
        outbox.put(nothing, "a")
        outbox.put(order, "a")
        assert outbox.next(50, {"a"}) is not None
        sending = outbox.next(50, {"a"})
        assert sending is not None
        assert sending.message is order
        assert outbox.heard(self.said(nothing, "AA"), 51) is nothing
        assert outbox.holds(order)

    def test_what_waits_is_bounded(self) -> None:
        outbox, (message,) = Outbox(), self.sent(1)
        assert all(outbox.put(message, "a") for _ in range(MOST_WAITING))
        assert not outbox.put(message, "a")


def test_times_are_those_of_the_site() -> None:
    message = oml(ORDERS[0])
    assert values(message.raw, "SPM", 17) == ["20260801062000+0700"]
    assert datetime.strptime(values(message.raw, "ORC", 9)[0], "%Y%m%d%H%M%S").replace(tzinfo=AT.tzinfo) == AT
    assert ZoneInfo("Asia/Ho_Chi_Minh") is AT.tzinfo
    header = read_header(message.raw)
    assert header.delimiters == STANDARD
