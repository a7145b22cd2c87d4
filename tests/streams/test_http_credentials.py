"""Digest and Basic as their standards and a peer have them."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.streams.http_credentials import Asked, authorization, is_spoken

# RFC 7616, 3.9.1.
REALM, OPAQUE = "http-auth@example.org", "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
ASKED = Asked("GET", "/dir/index.html")


def challenge(algorithm: str) -> str:
    return (
        f'Digest realm="{REALM}", qop="auth, auth-int", algorithm={algorithm}, '
        f'nonce="{NONCE}", opaque="{OPAQUE}"'
    )


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_the_standard(algorithm: str, response: str) -> None:
    told = authorization(challenge(algorithm), ASKED, "Mufasa", "Circle of Life", CNONCE)
    assert told
    assert f'response="{response}"' in told
    for part in (f'opaque="{OPAQUE}"', 'uri="/dir/index.html"', "nc=00000001", f"algorithm={algorithm}"):
        assert part in told


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("qop", ['qop="auth", ', ""])
def test_a_peer_gives_the_same_answer(algorithm: str, qop: str) -> None:
    wanted = f'Digest {qop}algorithm={algorithm}, realm="DS-K1T341", nonce="a,b=c"'
    flow = httpx.DigestAuth("quản trị", "mật khẩu").auth_flow(
        httpx.Request("PUT", "http://10.0.0.9/door?a=b")
    )
    first = next(flow)
    theirs = flow.send(httpx.Response(401, headers={"www-authenticate": wanted}, request=first))
    header = theirs.headers["authorization"]
    cnonce = found[1] if (found := re.search('cnonce="([^"]+)"', header)) else ""
    ours = authorization(wanted, Asked("PUT", "/door?a=b"), "quản trị", "mật khẩu", cnonce)
    assert ours
    assert response_of(ours) == response_of(header)


def response_of(header: str) -> str:
    found = re.search('response="([0-9a-f]+)"', header)
    assert found
    return found[1]


def test_basic_and_what_is_not_spoken() -> None:
    told = authorization('Basic realm="WallyWorld"', ASKED, "Aladdin", "open sesame", "")
    assert told == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "RFC 7617, 2"
    for wanted in (
        "Negotiate",
        'Digest realm="x", nonce="y", algorithm=SHA-512-256',
        'Digest realm="x", nonce="y", qop="auth-int"',
        'Digest realm="x"',
        "",
    ):
        assert authorization(wanted, ASKED, "a", "b", "c") is None
        assert not is_spoken(wanted)
    assert all(is_spoken(each) for each in ("Basic", challenge("MD5"), challenge("SHA-256")))


@given(st.text(max_size=200))
def test_any_challenge_is_answered_or_not(text: str) -> None:
    for scheme in ("", "Digest ", 'Digest realm="r", nonce="n", '):
        told = authorization(scheme + text, ASKED, "a", "b", "c")
        assert told is None or told.startswith(("Digest ", "Basic "))
        assert is_spoken(scheme + text) == (told is not None)
