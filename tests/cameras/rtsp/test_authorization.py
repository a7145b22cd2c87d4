"""Which login a camera is given, and how often one is tried."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cameras.rtsp.authorization import Authorization
from adapters.cameras.rtsp.login import Login

MD5 = 'Digest realm="cam", nonce="n1"'
SHA = 'Digest realm="cam", nonce="n1", algorithm=SHA-256, qop="auth"'
BASIC = 'Basic realm="cam"'
UNKNOWN = 'Digest realm="cam", nonce="n1", algorithm=SHA-512-256'
LOGIN = Login("viewer", "secret")


def asked(*challenges: str) -> Authorization:
    made = Authorization(LOGIN, lambda: "c1")
    assert made.header("DESCRIBE", "rtsp://x/") is None, "nothing before it is asked for"
    made.challenged(challenges, 0)
    return made


@pytest.mark.parametrize(
    ("challenges", "wanted"),
    [
        ((MD5,), r"^Digest .*username=\"viewer\".*uri=\"rtsp://x/\""),
        ((BASIC, MD5), r"^Digest "),
        ((MD5, SHA), r"^Digest .*algorithm=SHA-256"),
        ((f"{BASIC}, {MD5}",), r"^Digest "),
        ((f"{MD5}, {BASIC}",), r"^Digest "),
        ((UNKNOWN, MD5), r"^Digest .*nonce=\"n1\""),
        ((BASIC,), r"^Basic dmlld2VyOnNlY3JldA==$"),
    ],
)
def test_the_strongest_is_answered(challenges: tuple[str, ...], wanted: str) -> None:
    assert re.search(wanted, asked(*challenges).header("DESCRIBE", "rtsp://x/") or "")


@pytest.mark.parametrize("challenges", [(), ("Negotiate",), (UNKNOWN,), (UNKNOWN, BASIC), (BASIC, UNKNOWN)])
def test_what_is_not_spoken(challenges: tuple[str, ...]) -> None:
    """And no password in clear where any Digest is offered."""
    made = Authorization(LOGIN, lambda: "c1")
    assert not made.challenged(challenges, 0)
    assert made.header("DESCRIBE", "rtsp://x/") is None


def test_answers_to_one_nonce_are_counted() -> None:
    made = asked(SHA)
    for count in range(1, 4):
        assert f"nc={count:08x}" in (made.header("PLAY", "rtsp://x/") or "")
    made.challenged((SHA.replace("n1", "n2"),), 1)
    assert "nc=00000001" in (made.header("PLAY", "rtsp://x/") or "")


def test_a_wrong_password_is_tried_once() -> None:
    made = Authorization(LOGIN, lambda: "c1")
    assert made.challenged((MD5,), 0)
    assert not made.challenged((MD5.replace("n1", "n2"),), 1)


def test_an_old_nonce_is_no_wrong_password() -> None:
    made = Authorization(LOGIN, lambda: "c1")
    assert made.challenged((MD5,), 0)
    assert made.challenged((f"{MD5}, stale=TRUE",), 1)
    assert not made.challenged((f"{MD5}, stale=TRUE",), 3), "but not for ever"
    accepted = Authorization(LOGIN, lambda: "c1")
    assert accepted.challenged((MD5,), 0)
    accepted.accepted()
    assert accepted.challenged((MD5,), 1), "some say nothing of stale"
    assert not accepted.challenged((MD5,), 2)


def test_nobody_to_log_in() -> None:
    made = Authorization(None, lambda: "c1")
    assert not made.challenged((MD5,), 0)
    assert made.header("DESCRIBE", "rtsp://x/") is None


@given(st.lists(st.text(max_size=100), max_size=12))
def test_any_challenge(challenges: list[str]) -> None:
    made = Authorization(LOGIN, lambda: "c1")
    for scheme in ("", "Digest ", "Basic ", MD5 + ", "):
        made.challenged([scheme + each for each in challenges], 0)
        told = made.header("DESCRIBE", "rtsp://x/")
        assert told is None or told.startswith(("Digest ", "Basic "))
        if any("digest" in (scheme + each).lower() for each in challenges):
            continue
        assert told is None or not told.startswith("Digest ")
