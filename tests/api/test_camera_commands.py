"""What people want of a camera, through the API: who may, which command it is, and how its end is told."""

from typing import Any

import pytest

from api.keys import add_key
from hub.edge.audit import NOT_KEPT
from hub.errors import OperatorError
from hub.runtime.camera_actions import ACTIONS
from tests.api.conftest import Stage

DONE = {"outcome": "done", "reason": "", "command": "9f2c41d07a63be58"}


class Desk:
    """What the hub answers; ``asked`` is who asked for what."""

    def __init__(self, ends: dict[str, Any] | OperatorError) -> None:
        self.ends = ends
        self.asked: list[tuple[str, str, str]] = []

    async def ask(self, device: str, action: str, by: str) -> dict[str, Any]:
        self.asked.append((device, action, by))
        if isinstance(self.ends, OperatorError):
            raise self.ends
        return self.ends


async def ask(
    stage: Stage, ends: dict[str, Any] | OperatorError, action: str = "check", **headers: str
) -> Any:
    desk = Desk(ends)
    await stage.hub.stop()
    stage.hub.desk = {"camera.ask": desk.ask}
    await stage.hub.start()
    async with stage.client(**headers) as client:
        answer = await client.post(f"/api/v1/cameras/cam-1/{action}")
    return answer, desk


@pytest.mark.parametrize("action", ACTIONS)
async def test_the_hub_is_told_who_wants_what(stage: Stage, action: str) -> None:
    answer, desk = await ask(stage, DONE, action)
    assert (answer.status_code, answer.json()) == (200, DONE)
    assert desk.asked == [("cam-1", action, "local")]


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        ("refused", 409, "camera.refused"),
        ("failed", 502, "camera.failed"),
        ("expired", 504, "edge.too_late"),
        ("away", 504, "edge.no_answer"),
    ],
)
async def test_every_other_end_tells_what_is_known(
    stage: Stage, outcome: str, status: int, code: str
) -> None:
    answer, _ = await ask(stage, DONE | {"outcome": outcome, "reason": "no_picture"})
    told = answer.json()
    assert (answer.status_code, told["code"]) == (status, code)
    assert (told["reason"], told["command"]) == ("no_picture", DONE["command"])


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [("camera.unknown", 404, "camera.unknown"), (f"{NOT_KEPT} (full)", 503, "audit.unavailable")],
)
async def test_what_was_not_sent_says_so(stage: Stage, refusal: str, status: int, code: str) -> None:
    answer, _ = await ask(stage, OperatorError(refusal))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_only_an_operator_asks(stage: Stage) -> None:
    path = stage.deck.settings.keys_file
    keys = {"reporter": add_key(path, "reporter"), "operator": add_key(path, "operator")}
    refused, desk = await ask(stage, DONE, Authorization=f"Bearer {keys['reporter']}")
    assert (refused.status_code, desk.asked) == (403, [])
    done, desk = await ask(stage, DONE, Authorization=f"Bearer {keys['operator']}")
    assert (done.status_code, len(desk.asked)) == (200, 1)
