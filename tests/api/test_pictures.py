"""Pictures inside a message: for the vault, with the audited look, and for nobody else."""

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from api.keys import Role
from hub.runtime import edge_desk
from tests.api.clients import asking
from tests.api.lab_edge import LabEdge, lab_edge, single
from tests.api.standing_edge import EDGE

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
WHY = {"reason": "Xem biểu đồ bạch cầu của mẫu"}


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[LabEdge]:
    async with lab_edge(tmp_path) as made:
        yield made


def with_picture() -> bytes:
    picture = b64encode(PNG)
    return single("DN-1") + b"".join(
        b"OBX|%d|ED|HIST||^Image^PNG^Base64^%b||||||F\r" % (n, picture) for n in (8, 9)
    )


async def answered(there: LabEdge, role: Role, path: str, reason: object = WHY) -> tuple[int, str]:
    async with asking(there.settings(), role) as client:
        answer = await (client.post(path, json=reason) if path.endswith("look") else client.get(path))
    return answer.status_code, answer.text


async def test_the_vault_sees_the_pictures_of_a_message(there: LabEdge) -> None:
    capture = await there.came(with_picture())
    path = f"/api/v1/edges/{EDGE}/captures/{capture}"
    status, text = await answered(there, "vault", f"{path}/look")
    (picture,) = json.loads(text)["pictures"]
    assert status == 200
    assert b64decode(picture.pop("content")) == PNG
    assert picture == {
        "place": "segment 5", "kind": "image/png", "bytes": len(PNG), "sha256": sha256(PNG).hexdigest(),
    }  # fmt: skip
    assert capture in there.looks.read_text("utf-8")


async def test_nobody_else_does(there: LabEdge) -> None:
    capture = await there.came(with_picture())
    path = f"/api/v1/edges/{EDGE}/captures/{capture}"
    assert (await answered(there, "admin", f"{path}/look"))[0] == 403
    status, text = await answered(there, "reporter", path)
    assert status == 200
    assert sha256(PNG).hexdigest() not in text
    assert b64encode(PNG).decode()[:40] not in text
    assert not there.looks.exists()


async def test_pictures_beyond_the_most_are_named_without_their_bytes(
    there: LabEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_desk, "MOST_PICTURE_BYTES", 100)
    capture = await there.came(with_picture())
    _, text = await answered(there, "vault", f"/api/v1/edges/{EDGE}/captures/{capture}/look")
    assert [(one["bytes"], one["content"]) for one in json.loads(text)["pictures"]] == [(len(PNG), None)]
