"""Answers are counted by what became of them: also of who left before there was one."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from api.meters import LEFT, Metered, Meters

SCOPE: Scope = {"type": "http"}


async def nothing(_: Message) -> None: ...


def counted(meters: Meters) -> str:
    lines = meters.text(hub_up=True).splitlines()
    return next(line for line in lines if line.startswith("epihub_api_answers_total"))


def heard(kind: str) -> Receive:
    async def receive() -> Message:
        return {"type": kind}

    return receive


async def without_answer(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    raise RuntimeError("No response returned.")


@pytest.mark.parametrize(("kind", "status"), [("http.disconnect", LEFT), ("http.request", 500)])
async def test_who_left_before_an_answer_is_no_fault_of_ours(kind: str, status: int) -> None:
    meters = Meters()
    with pytest.raises(RuntimeError):
        await Metered(without_answer, meters)(SCOPE, heard(kind), nothing)
    assert counted(meters) == f'epihub_api_answers_total{{route="other",status="{status}"}} 1'


async def test_who_leaves_after_the_answer_began_got_it() -> None:
    async def answers(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    meters = Meters()
    await Metered(answers, meters)(SCOPE, heard("http.disconnect"), nothing)
    assert counted(meters).endswith('status="200"} 1')
