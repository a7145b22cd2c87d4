"""Logins of simulated cameras, against the examples of their standards."""

import base64

import pytest

from simulators.cameras.login_check import CameraLogin, Doorkeeper, Scheme, Verdict

# RFC 7616 3.9.1: one request, both algorithms.
MUFASA = CameraLogin(
    "Mufasa", "Circle of Life", ("SHA-256", "MD5"), quality=True, realm="http-auth@example.org"
)
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
ANSWERS: dict[Scheme, str] = {
    "MD5": "8ca523f5e9506fed4657c9700eebdbec",
    "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
}


def _header(algorithm: str, response: str) -> str:
    return (
        f'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", '
        f"algorithm={algorithm}, "
        f'nonce="{NONCE}", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, '
        f'response="{response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_the_example_of_rfc_7616_is_right_but_for_another_nonce(algorithm: Scheme) -> None:
    """Its nonce is not ours: an answer that is right is stale then, any other is wrong."""
    door = Doorkeeper(MUFASA, "seed")
    assert door.check(_header(algorithm, ANSWERS[algorithm]), "GET") == "stale"
    assert door.check(_header(algorithm, ANSWERS[algorithm]), "POST") == "wrong"
    assert door.check(_header(algorithm, "0" * 32), "GET") == "wrong"


def test_the_example_of_rfc_2617_without_quality_of_protection() -> None:
    """3.5 of it, with the older formula: RFC 2617 3.2.2.1, ``qop`` absent."""
    login = CameraLogin("Mufasa", "Circle Of Life", realm="testrealm@host.com")
    header = (
        'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'uri="/dir/index.html", response="670fd8c2df070c60b045671b8b24ff02"'
    )
    assert Doorkeeper(login, "seed").check(header, "GET") == "stale"


@pytest.mark.parametrize(
    ("told", "verdict"),
    [("viewer:p:w", "ok"), ("viewer:other", "wrong"), ("other:p:w", "wrong"), ("", "wrong")],
)
def test_basic(told: str, verdict: Verdict) -> None:
    door = Doorkeeper(CameraLogin("viewer", "p:w", ("Basic",)), "seed")
    assert door.check(f"Basic {base64.b64encode(told.encode()).decode()}", "DESCRIBE") == verdict


def test_basic_is_wrong_where_only_digest_is_offered() -> None:
    told = base64.b64encode(b"viewer:secret").decode()
    assert Doorkeeper(CameraLogin("viewer", "secret"), "seed").check(f"Basic {told}", "DESCRIBE") == "wrong"


def test_all_schemes_are_offered_in_their_order() -> None:
    door = Doorkeeper(CameraLogin("viewer", "secret", ("SHA-256", "MD5", "Basic")), "seed")
    offered = door.asked(stale=True).split("\n")
    assert [line.split(" ")[0] for line in offered] == ["Digest", "Digest", "Basic"]
    assert "algorithm=SHA-256" in offered[0]
    assert offered[0].endswith("stale=TRUE")
    assert "algorithm" not in offered[1]


def test_a_nonce_is_good_for_so_many_requests() -> None:
    door = Doorkeeper(CameraLogin("viewer", "secret"), "seed")
    door.uses = 1
    nonces = [door.nonce]
    header = _answer(door.nonce)
    assert [door.check(header, "DESCRIBE") for _ in range(2)] == ["ok", "stale"]
    nonces.append(door.nonce)
    assert door.check(_answer(door.nonce), "DESCRIBE") == "ok"
    assert nonces[0] != nonces[1]


def _answer(nonce: str) -> str:
    from hashlib import md5

    def hashed(text: str) -> str:
        return md5(text.encode()).hexdigest()

    response = hashed(f"{hashed('viewer:epihub camera:secret')}:{nonce}:{hashed('DESCRIBE:rtsp://cam/')}")
    return f'Digest username="viewer", nonce="{nonce}", uri="rtsp://cam/", response="{response}"'


def test_a_login_tells_nobody_its_secrets() -> None:
    assert "secret" not in repr(CameraLogin("viewer", "secret"))
