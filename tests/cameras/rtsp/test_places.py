"""Addresses of cameras: how they are read, which may be connected to, where they may send us."""

import pickle
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.places import CameraPlace, permitted, place_of

HOSPITAL = (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("rtsp://10.1.2.3", "rtsp://10.1.2.3:554/"),
        ("rtsp://cam.local:8554/a/b?c=d&e", "rtsp://cam.local:8554/a/b?c=d&e"),
        ("rtsps://10.1.2.3/x", "rtsps://10.1.2.3:322/x"),
        ("rtsp://[fd00::5]:554/x", "rtsp://[fd00::5]:554/x"),
        ("rtsp://10.1.2.3/khoa cấp cứu".replace(" ", "%20"), "rtsp://10.1.2.3:554/khoa%20c%E1%BA%A5p%20c%E1%BB%A9u"),
        ("rtsp://a:b%40@10.1.2.3/x", "rtsp://10.1.2.3:554/x"),
    ],
)  # fmt: skip
def test_addresses(url: str, wanted: str) -> None:
    assert place_of(url, HOSPITAL)[0].url == wanted


def test_a_login_is_taken_out() -> None:
    place, login = place_of("rtsp://qu%E1%BA%A3n:m%3Ax@10.1.2.3/x", HOSPITAL)
    assert login == Login("quản", "m:x")
    assert "m:x" not in repr(place) + repr(login) + place.url
    with pytest.raises(TypeError):
        pickle.dumps(login)


def test_a_path_that_holds_a_login_is_not_shown() -> None:
    place, _ = place_of("rtsp://10.1.2.3/user=a&password=secret", HOSPITAL)
    assert "secret" in place.url
    assert "secret" not in repr(place)


@pytest.mark.parametrize(
    "url",
    ["", "http://x/", "rtsp://", "rtsp:///x", "rtsp://x:0/", "rtsp://x:99999/", "rtsp://x/#y", "rtsp://x/a b",
     "rtsp://x/\r\nX: y", "rtsp://[::1/", "rtsp://x/" + "y" * 1000, "file:///etc/passwd", "rtsp://\ud800/"],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValueError) as raised:
        place_of(url, HOSPITAL)
    assert str(raised.value) in {"not an address", "not an address of RTSP"}


@given(st.text(max_size=60))
def test_what_is_sent_holds_no_break(text: str) -> None:
    try:
        place, _ = place_of("rtsp://10.1.2.3/" + text, HOSPITAL)
    except ValueError:
        return
    assert place.url.isascii()
    assert place.url.isprintable()
    assert " " not in place.url


@pytest.mark.parametrize(
    ("address", "networks", "wanted"),
    [
        ("10.1.255.1", HOSPITAL, True),
        ("10.2.0.1", HOSPITAL, False),
        ("::ffff:10.1.0.1", HOSPITAL, True),
        ("::ffff:10.2.0.1", HOSPITAL, False),
        ("fd12::1", HOSPITAL, True),
        ("8.8.8.8", ANYWHERE, True),
        ("127.0.0.1", ANYWHERE, False),
        ("::1", ANYWHERE, False),
        ("::ffff:127.0.0.1", ANYWHERE, False),
        ("169.254.169.254", ANYWHERE, False),
        ("fe80::1%eth0", ANYWHERE, False),
        ("0.0.0.0", ANYWHERE, False),
        ("255.255.255.255", ANYWHERE, False),
        ("224.0.0.1", ANYWHERE, False),
        ("127.0.0.1", (ip_network("127.0.0.1/32"),), True),
        ("169.254.3.4", (ip_network("169.254.0.0/16"),), True),
        ("cam.local", ANYWHERE, False),
        ("10.1.0.1", (), False),
    ],
)
def test_which_may_be_connected_to(address: str, networks: tuple[object, ...], wanted: bool) -> None:
    assert permitted(address, networks) is wanted  # type: ignore[arg-type]


def test_redirects() -> None:
    place = CameraPlace("10.1.2.3", tls=True, allow=HOSPITAL, certificate="ab")
    onward = place.redirected("rtsps://10.1.2.4/x")
    assert onward is not None
    assert (onward.host, onward.allow, onward.certificate) == ("10.1.2.4", HOSPITAL, "ab")
    for refused in ("rtsp://10.1.2.4/x", "rtsps://a:b@10.1.2.4/x", "http://10.1.2.4/", "", "/x"):
        assert place.redirected(refused) is None
