"""Orders that a machine gives back, or does not take: they wait for others, and for its own query."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers import astm_orders
from adapters.lab_analyzers.astm.refusals import Refusal, ends_with_error, read_refusals
from adapters.lab_analyzers.profiles import load_profile
from hub.contract import Frame, Order
from hub.errors import StoreUnavailable
from hub.spool.order_rows import order_by_number
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until
from tests.lab_analyzers.astm.device import ACK, NAK, Device, adapter, records
from tests.lab_analyzers.astm.laboratory import ORDER, OTHERS, UNASKED, Laboratory, laboratory, specimens
from tests.lab_analyzers.astm.test_downloads import downloading

GENEXPERT, SYSMEX = load_profile("genexpert"), load_profile("sysmex-xn")
HEAD = "H|@^\\|M9||LAB^GeneXpert^6.4|||||HUB||P|1394-97|20260812101530"


def told(*lines: str, head: str = HEAD, end: str = "N") -> bytes:
    return "".join(f"{line}\r" for line in (head, "P|1", *lines, f"L|1|{end}")).encode()


def o(specimen: str = "DN0812-0007", tests: str = "^^^COV2", report: str = "X") -> str:
    return f"O|1|{specimen}||{tests}|R|20260812093000|||||A||||ORH||||||||||{report}"


def r(status: str, value: str = "") -> str:
    return f"R|1|^COV^^COV2^^^SARS-CoV-2^|{value}|||||{status}"


COV2 = frozenset({"COV2"})
NOT_ONE = [
    told(o(report="F")), told(o(report="I")), told(o(report="Y")), told(o(report="Q")), told(o(specimen="")),
    told(o(), r("F", "NEGATIVE")), told(o(), r("X", "5.1")), told(o(report="F"), r("X"), r("F", "POS")),
    told("C|1|I|X|I"), b"MSH|^~\\&|X\rO|1\r", b"", b"HHHHH\rO|X",
]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "refusals"),
    [
        (told(o()), [Refusal("DN0812-0007", COV2, "record 3", bare=True)]),
        (told(o(report="x "), "C|1|I|full|I"), [Refusal("DN0812-0007", COV2, "record 3", bare=True)]),
        (told(o(tests="^^^COV2@^^^FLU")), [Refusal("DN0812-0007", COV2 | {"FLU"}, "record 3", bare=True)]),
        (told(o(tests="^^^ALL")), [Refusal("DN0812-0007", frozenset(), "record 3", bare=True)]),
        (told(o(tests="")), [Refusal("DN0812-0007", frozenset(), "record 3", bare=True)]),
        (told(o(report="F"), r("X")), [Refusal("DN0812-0007", COV2, "record 3", bare=False)]),
        (told(o(report="F"), r("X", "^"), r("X")), [Refusal("DN0812-0007", COV2, "record 3", bare=False)]),
        (
            told(o("S1"), o("S2", report="F"), r("F", "NEG"), o("S3")),
            [Refusal("S1", COV2, "record 3", bare=True), Refusal("S3", COV2, "record 6", bare=True)],
        ),
        *((raw, []) for raw in NOT_ONE),
    ],
)
def test_what_a_machine_will_not_measure(raw: bytes, refusals: list[Refusal]) -> None:
    assert list(read_refusals(raw, GENEXPERT)) == refusals


def test_in_another_machines_delimiters_and_places() -> None:
    raw = told("O|1|7^1^SX-7^B||^^^^WBC\\^^^^NEUT#|R|20260812|||||N||||||||||||||X", head="H|\\^&|||XN-550")
    layout = SYSMEX.records.model_copy(update={"specimen": SYSMEX.records.specimen[1:]})
    (refusal,) = read_refusals(raw, SYSMEX.model_copy(update={"records": layout}))
    assert refusal == Refusal("7", frozenset({"WBC", "NEUT#"}), "record 3", bare=True)


def test_their_number_is_bounded() -> None:
    assert len(read_refusals(told(*(o(f"S{at}") for at in range(300))), GENEXPERT)) == 100


@given(st.lists(st.sampled_from(["|", "X", "O", "R", "\r", "@", "^", "\\", " ", "S1", "\0"])).map("".join))
def test_any_records_are_a_refusal_or_none(text: str) -> None:
    read_refusals(f"{HEAD}\r{text}\rL|1|N\r".encode(), GENEXPERT)
    ends_with_error(text.encode())


def reasons(raw: bytes) -> list[tuple[str, str]]:
    meaning = adapter(MemoryOutlet()).interpret(Frame(raw), 1_790_000_000_000)
    return [(problem.reason, problem.place) for problem in meaning.problems]


def test_why_there_is_no_result_stands_in_the_quarantine_list() -> None:
    assert reasons(told(o(), "C|1|I|Assay is disabled|I")) == [("astm.order_refused", "record 3")]
    assert reasons(told(end="E")) == [("astm.ended_with_error", "L-3")]
    assert reasons(told()) == [("astm.no_result", "R")]
    assert reasons(told(o(report="I"))) == []
    assert reasons(told(o(report="F"), r("X"))) == [], "a result that cannot be obtained is one"
    assert reasons(b"".join(records()) + told(o("S9"))) == [("astm.order_refused", "record 10")]


async def refused_by(lab: Laboratory, number: str) -> tuple[str, str]:
    row = await lab.spool._on_reader(lambda db: order_by_number(db, number))
    assert row is not None
    return row.state, row.refused_by


async def say(lab: Laboratory, *lines: str) -> None:
    texts = [f"{line}\r".encode() for line in (HEAD, "P|1", *lines, "L|1|N")]
    assert await lab.device.deliver(texts) == ACK * (len(texts) + 1)


@pytest.mark.parametrize("lines", [(o(),), (o(report="F"), r("X"))], ids=["order", "result"])
async def test_an_order_that_cannot_be_done_waits_again_until_it_asks(
    tmp_path: Path, lines: tuple[str, ...]
) -> None:
    async with laboratory(tmp_path, ORDER, *OTHERS) as lab:
        assert specimens(await lab.ask()) == ["DN0812-0007"]
        await lab.until_waiting(*(each.order for each in OTHERS))
        await say(lab, *lines)
        assert await refused_by(lab, "o-1") == ("PLACED", "xpert-1")
        assert await lab.waiting() == [each.order for each in OTHERS], "not given unasked"
        assert lab.spool.orders.book.sent == 0
        assert specimens(await lab.ask()) == ["DN0812-0007"], "given when it asks"
        await lab.device.deliver(records())
        assert await refused_by(lab, "o-1") == ("RESULTED", "")


async def test_what_it_says_of_another_test_or_specimen_is_not_meant(tmp_path: Path) -> None:
    async with laboratory(tmp_path, ORDER) as lab:
        await lab.ask()
        await lab.until_waiting()
        await say(lab, o(tests="^^^FLU"), o("OTHER"))
        assert await refused_by(lab, "o-1") == ("SENT", "")
        await say(lab, o(tests=""))
        assert await refused_by(lab, "o-1") == ("PLACED", "xpert-1")


async def test_who_gets_no_orders_refuses_none() -> None:
    outlet = MemoryOutlet(waiting=[ORDER])
    await adapter(outlet, orders="none").order_desk.note_refusals(Frame(told(o())))
    assert (outlet.refusals, outlet.states) == ([], [])


async def test_a_refusal_that_cannot_be_committed_comes_again() -> None:
    """Its frame gets NAK, so that the machine says it once more."""
    outlet = MemoryOutlet(waiting=[ORDER], refuse=True)
    with pytest.raises(StoreUnavailable):
        await adapter(outlet).order_desk.note_refusals(Frame(told(o())))


async def refuse_records(device: Device) -> None:
    """It takes the header, and not what comes behind it."""
    await device.receive(answers=[ACK, ACK, *[NAK] * 6])


async def test_an_order_whose_records_are_not_taken_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(astm_orders, "FIRST_PAUSE_SECONDS", 0.01)
    async with downloading(ORDER, *OTHERS[:2]) as (outlet, device):
        await refuse_records(device)  # all three of them
        for _ in range(3):
            await refuse_records(device)  # the first one alone
        assert set(specimens(await device.receive())) == {each.specimen for each in OTHERS[:2]}
        await until(lambda: len(outlet.handed) == 2, "handed over")
        assert outlet.refusals == [ORDER]
        assert ("DEGRADED", "orders.refused") in outlet.states
        assert outlet.states[-1] == ("ONLINE", "")


async def test_a_header_that_is_not_taken_says_nothing_of_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(astm_orders, "FIRST_PAUSE_SECONDS", 0.01)
    async with downloading(ORDER) as (outlet, device):
        for _ in range(4):
            await device.receive(answers=[ACK, *[NAK] * 6])
        assert specimens(await device.receive()) == ["DN0812-0007"]
        await until(lambda: bool(outlet.handed), "handed over")
    assert outlet.refusals == []


async def test_a_withdrawal_that_is_not_taken_is_told_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(astm_orders, "FIRST_PAUSE_SECONDS", 0.01)
    withdrawn = Order("o-0", "S0", ("COV2",), cancelled=True)
    async with downloading(withdrawn) as (outlet, device):
        for _ in range(3):
            await refuse_records(device)
        await until(lambda: outlet.handed == [withdrawn], "it has heard of it")
    assert outlet.refusals == []


async def test_over_the_line_refused_orders_are_counted_and_not_sent_again(tmp_path: Path) -> None:
    async with laboratory(tmp_path, ORDER, **UNASKED) as lab:
        assert specimens(await lab.device.receive()) == ["DN0812-0007"]
        await lab.until_waiting()
        texts = told(o(tests="^^^^COV2"), head="H|\\^&|||XN-550").splitlines(keepends=True)
        assert await lab.device.deliver(texts) == ACK * 5
        assert await refused_by(lab, "o-1") == ("PLACED", "xpert-1")
        await lab.place(OTHERS[0])
        assert set(specimens(await lab.device.receive())) == {OTHERS[0].specimen}
