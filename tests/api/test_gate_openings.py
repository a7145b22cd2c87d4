"""Opening a gate by hand through the API: who may, and what each end of the command is told as."""

from typing import Any

import pytest

from api.keys import add_key
from hub.edge.audit import NOT_KEPT, reason_of
from hub.errors import OperatorError
from tests.api.conftest import Stage

WHY = "Xe cấp cứu"
PATH = "/api/v1/gates/cong-a/open"
DONE = {"outcome": "done", "reason": "", "command": "9f2c41d07a63be58"}


class Desk:
    """What the hub answers; ``asked`` is who asked for what."""

    def __init__(self, ends: dict[str, Any] | OperatorError) -> None:
        self.ends = ends
        self.asked: list[tuple[str, str, str]] = []

    async def open(self, device: str, by: str, reason: str) -> dict[str, Any]:
        self.asked.append((device, by, reason_of(reason)))
        if isinstance(self.ends, OperatorError):
            raise self.ends
        return self.ends


async def ask(stage: Stage, ends: dict[str, Any] | OperatorError, why: str = WHY, **headers: str) -> Any:
    desk = Desk(ends)
    await stage.hub.stop()
    stage.hub.desk = {"gate.open": desk.open}
    await stage.hub.start()
    async with stage.client(**headers) as client:
        answer = await client.post(PATH, json={"reason": why})
    return answer, desk


async def test_it_is_opened_and_the_hub_is_told_who_and_why(stage: Stage) -> None:
    answer, desk = await ask(stage, DONE)
    assert (answer.status_code, answer.json()) == (200, DONE)
    assert desk.asked == [("cong-a", "local", WHY)]


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        ("refused", 409, "gate.refused"),
        ("failed", 502, "gate.failed"),
        ("expired", 504, "edge.too_late"),
        ("away", 504, "edge.no_answer"),
    ],
)
async def test_every_other_end_tells_what_is_known(
    stage: Stage, outcome: str, status: int, code: str
) -> None:
    answer, _ = await ask(stage, DONE | {"outcome": outcome, "reason": "relay.no_answer"})
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert (told["reason"], told["command"]) == ("relay.no_answer", DONE["command"])


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [("gate.unknown", 404, "gate.unknown"), (f"{NOT_KEPT} (full)", 503, "audit.unavailable")],
)
async def test_what_was_not_sent_says_so(stage: Stage, refusal: str, status: int, code: str) -> None:
    answer, _ = await ask(stage, OperatorError(refusal))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(("why", "code"), [("vì", "request.invalid"), ("        ", "reason.missing")])
async def test_without_a_reason_nothing_is_opened(stage: Stage, why: str, code: str) -> None:
    answer, desk = await ask(stage, DONE, why)
    assert (answer.status_code, answer.json()["code"], desk.asked) == (422, code, [])


async def test_only_an_operator_opens(stage: Stage) -> None:
    path = stage.deck.settings.keys_file
    keys = {"reporter": add_key(path, "reporter"), "operator": add_key(path, "operator")}
    refused, desk = await ask(stage, DONE, Authorization=f"Bearer {keys['reporter']}")
    assert (refused.status_code, desk.asked) == (403, [])
    opened, desk = await ask(stage, DONE, Authorization=f"Bearer {keys['operator']}")
    assert (opened.status_code, len(desk.asked)) == (200, 1)
    assert desk.asked[0][1] != "local"
