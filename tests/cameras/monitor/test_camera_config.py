"""Settings of a camera: what is refused before it starts, and that no login shows in them."""

from typing import Any

import pytest
from pydantic import ValidationError

from adapters.cameras.camera_config import RtspConfig
from hub.contract import Secret

PASSWORD = "Chim-Yến-9931"


def config(**settings: Any) -> RtspConfig:
    told = {"id": "cam-1", "site": "khu-a", "kind": "rtsp", "url": "rtsp://10.1.2.3/live"} | settings
    return RtspConfig.model_validate(told)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": f"rtsp://admin:{PASSWORD}@10.1.2.3/live"}, "use username and password"),
        ({"url": f"rtsp://10.1.2.3/user=admin&password={PASSWORD}&channel=1"}, "secret_url"),
        ({"url": f"rtsp://10.1.2.3/live?channel=1&pwd={PASSWORD}"}, "secret_url"),
        ({"url": "http://10.1.2.3/live"}, "not an address of RTSP"),
        ({"url": "rtsp://10.1.2.3:99999/live"}, "not an address"),
        ({"url": None}, "one of url and secret_url"),
        ({"secret_url": Secret("rtsp://10.1.2.3/", "env A")}, "one of url and secret_url"),
        ({"username": "admin"}, "go together"),
        ({"certificate": "ab" * 32}, "rtsps"),
        ({"masks": [[[0, 0], [1, 1]]]}, "at least 3"),
        ({"masks": [[[0, 0], [1, 1], [1, 1.5]]]}, "less than or equal to 1"),
        ({"link": "javascript:alert(1)"}, "http://"),
        ({"link": f"https://admin:{PASSWORD}@nvr/"}, "no login"),
        ({"allow": []}, "at least 1"),
    ],
)
def test_a_mistake_is_told_without_what_stands_there(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        config(**settings)
    messages = " ".join(each["msg"] for each in refused.value.errors())
    assert told in messages
    assert PASSWORD not in messages


def test_no_login_shows() -> None:
    whole = config(username="quan-tri", password=Secret(PASSWORD, "env CAM"))
    assert whole.login is not None
    assert (whole.login.username, whole.login.password) == ("quan-tri", PASSWORD)
    shown = f"{whole!r} {whole.login!r} {whole.place!r} {whole.model_dump()['password']}"
    assert PASSWORD not in shown
    assert "quan-tri" not in shown


def test_an_address_that_holds_a_login_is_a_secret() -> None:
    secret = Secret(f"rtsp://10.1.2.3:8554/user=admin&password={PASSWORD}&channel=1", "env CAM")
    whole = config(url=None, secret_url=secret)
    assert (whole.place.host, whole.place.port, whole.login) == ("10.1.2.3", 8554, None)
    assert PASSWORD not in f"{whole!r} {whole.place!r}"
    asked = config(url=None, secret_url=Secret("rtsp://an:x@10.1.2.3/live", "env CAM"))
    assert asked.login is not None
    assert asked.login.username == "an"
    assert "x" not in asked.place.url.partition("//")[2].partition("/")[0]


def test_this_machine_and_the_internet_are_connected_to_only_where_the_file_says_so() -> None:
    place = config().place
    assert place.permits("10.1.2.3")
    assert place.permits("192.168.1.20")
    assert not any(map(place.permits, ("127.0.0.1", "169.254.169.254", "8.8.8.8", "::1", "224.0.0.1")))
    assert config(allow=["127.0.0.0/8"]).place.permits("127.0.0.1")


def test_a_camera_whose_pictures_cannot_be_read_here_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("adapters.cameras.camera_config.find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"epihub\[camera\]"):
        config()
    assert config(mode="options").mode == "options"
