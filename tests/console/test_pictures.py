"""A picture inside a message, before a real browser: drawn for the vault, after its audit row."""

import json
import zlib
from base64 import b64encode
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.api.lab_edge import single
from tests.console.conftest import laboratory_of, look_at, shoot, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
REASON = "Xem biểu đồ của mẫu"


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    lines = b"".join(b"\0" + bytes((x * y) % 256 for x in range(width)) for y in range(height))
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(lines))
        + chunk(b"IEND", b"")
    )


def test_a_picture_is_drawn_for_the_vault_alone(browser: Browser, tmp_path: Path) -> None:
    picture = b64encode(png(200, 120)).decode()
    with laboratory_of(tmp_path, apart=True) as laboratory:
        laboratory.came(single("DN-1") + f"OBX|9|ED|WBC||^Image^PNG^Base64^{picture}||||||F\r".encode())
        vault = laboratory.key("vault")
        watched = look_at(browser, laboratory.url, "/login")
        sign_in(watched, laboratory.url, laboratory.key("operator"))
        page = watched.page
        page.goto(f"{laboratory.url}/captures")
        page.locator(".eh-entry").get_by_role("button", name="Mở").click()
        dialog = page.locator(".eh-message")
        dialog.get_by_label("Khóa vault").fill(vault)
        dialog.get_by_label("Lý do").fill(REASON)
        assert picture[:60] not in page.content()
        dialog.get_by_role("button", name="Xem").click()
        expect(dialog).to_contain_text("Hình trong bản tin, segment 5: image/png")
        drawn = dialog.locator("img.eh-picture")
        expect(drawn).to_be_visible()
        page.wait_for_function("document.querySelector('img.eh-picture').naturalWidth === 200")
        shoot(watched, "message-picture.vi")
        (row,) = [json.loads(line) for line in laboratory.there.looks.read_text("utf-8").splitlines()]
        assert row["reason"] == REASON
        page.keyboard.press("Escape")
        expect(page.locator(".eh-picture")).to_have_count(0)
        assert watched.wrong == []
