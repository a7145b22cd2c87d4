"""Where a device has a page of its own: pure."""

import pytest

from api.console.device_pages import page_of


@pytest.mark.parametrize(
    ("kind", "metric", "page"),
    [
        ("rtsp", "", "/cameras/d-1"),
        ("rtsp", "device.online", "/cameras/d-1"),
        (None, "camera.blur", "/cameras/d-1"),  # of an edge elsewhere, whose devices a hub does not know
        (None, "device.online", ""),
        ("cold_mqtt", "", "/cold-chain/d-1"),
        ("cold_mqtt", "camera.blur", "/cold-chain/d-1"),
        ("hl7_mllp", "", ""),
    ],
)
def test_cameras_and_units_have_pages(kind: str | None, metric: str, page: str) -> None:
    assert page_of("d-1", kind, metric) == page
