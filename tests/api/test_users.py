"""People who sign in with a password: what is kept, what an attacker learns, how a wrong one slows down."""

import asyncio
from pathlib import Path

import httpx
import pytest

from api import users
from api.access import SESSION_COOKIE, Access, Identity, Sessions
from api.attempts import FREE_OF_ADDRESS, FREE_OF_BOTH, FREE_OF_NAME, Attempts
from api.keys import KeyRing, add_key, list_keys, read_used, rotate_key
from api.problems import Problem
from api.rates import OF_AN_ADDRESS, OF_SOMEBODY, Rates
from api.users import USERS_FILE, add_user, read_users, revoke_user, set_password
from hub.errors import OperatorError
from tests.api.conftest import Stage

PASSWORD = "một mật khẩu đủ dài"
SITES = "/api/v1/sites"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work factor is the library's; here it would only cost time."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(users, "_hasher", lambda: hasher)
    users._nobody.cache_clear()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    add_user(tmp_path / USERS_FILE, "lan", "operator", PASSWORD, districts=["742"])
    return tmp_path / USERS_FILE


def test_the_file_holds_hashes_only_and_is_ours_alone(book: Path) -> None:
    assert book.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in book.read_text()
    (user,) = read_users(book)
    assert user.hash.startswith("$argon2id$")
    assert (user.name, user.role, user.districts) == ("lan", "operator", ("742",))


def test_what_is_no_user_is_refused(book: Path) -> None:
    for name in ("lan", "L", "Lan", "0lan", "deadbeef", "local", "a" * 33, "a/b"):
        with pytest.raises(OperatorError):
            add_user(book, name, "reporter", PASSWORD)
    for bad in ("short", "x" * 257):
        with pytest.raises(OperatorError, match="a password has"):
            add_user(book, "minh", "reporter", bad)
    with pytest.raises(OperatorError, match="no role of people"):
        add_user(book, "minh", "device", PASSWORD)
    for name in ("nobody", ""):
        with pytest.raises(OperatorError, match="no user"):
            revoke_user(book, name)
        with pytest.raises(OperatorError, match="no user"):
            set_password(book, name, PASSWORD)


def access(folder: Path) -> Access:
    return Access(KeyRing(folder / "keys.json"), Sessions())


async def sign_in(stage: Stage, user: str, password: str, address: str = "192.0.2.1") -> str | None:
    return await stage.deck.access.door.session_of(stage.deck, {"user": user, "password": password}, address)


async def test_a_user_signs_in_and_sees_their_district(stage: Stage, client: httpx.AsyncClient) -> None:
    add_user(stage.data_dir / USERS_FILE, "lan", "reporter", PASSWORD, districts=["742"])
    assert (await client.get(SITES)).status_code == 401, "the first user closes the open door"
    token = await sign_in(stage, " Lan", PASSWORD)
    cookie = {"Cookie": f"{SESSION_COOKIE}={token}"}
    told = (await client.get(SITES, headers=cookie)).json()
    assert [site["id"] for site in told["items"]] == ["tt-nhon-trach"]
    foreign = {**cookie, "Origin": "https://evil.example"}
    assert (await client.post("/api/v1/quarantine/x/replay", headers=foreign)).status_code == 403


async def test_another_password_ends_the_session(stage: Stage, client: httpx.AsyncClient) -> None:
    path = stage.data_dir / USERS_FILE
    add_user(path, "lan", "reporter", PASSWORD)
    cookie = {"Cookie": f"{SESSION_COOKIE}={await sign_in(stage, 'lan', PASSWORD)}"}
    assert (await client.get(SITES, headers=cookie)).status_code == 200
    set_password(path, "lan", PASSWORD + "!")
    assert (await client.get(SITES, headers=cookie)).status_code == 401
    cookie = {"Cookie": f"{SESSION_COOKIE}={await sign_in(stage, 'lan', PASSWORD + '!')}"}
    revoke_user(path, "lan")
    assert (await client.get(SITES, headers=cookie)).status_code == 401, (
        "the last one gone, the door stays shut"
    )


async def test_a_wrong_name_and_a_wrong_password_are_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(stage.data_dir / USERS_FILE, "lan", "reporter", PASSWORD)
    worked: list[bool] = []
    real = users.right_password

    def counted(user: users.User | None, password: str) -> bool:
        worked.append(True)
        return real(user, password)

    monkeypatch.setattr("api.sign_in.right_password", counted)
    for name in ("lan", "nobody"):
        assert await sign_in(stage, name, "wrong password", f"at {name}") is None
        for _ in range(FREE_OF_BOTH - 1):
            assert await sign_in(stage, name, "wrong password", f"at {name}") is None
        with pytest.raises(Problem, match=r"requests\.too_many"):
            await sign_in(stage, name, PASSWORD, f"at {name}")
    assert len(worked) == 2 * FREE_OF_BOTH, "the same work for both"
    assert await sign_in(stage, "lan", PASSWORD, "at home"), "elsewhere the owner is let in"


async def test_many_at_once_are_counted_before_they_are_looked_at(stage: Stage) -> None:
    add_user(stage.data_dir / USERS_FILE, "lan", "reporter", PASSWORD)
    told = await asyncio.gather(
        *(sign_in(stage, "lan", f"wrong password {n}") for n in range(30)), return_exceptions=True
    )
    assert sum(each is None for each in told) == FREE_OF_BOTH


async def test_whoever_may_not_read_has_no_session(stage: Stage) -> None:
    add_user(stage.data_dir / USERS_FILE, "ha", "vault", PASSWORD)
    assert await sign_in(stage, "ha", PASSWORD) is None
    token = add_key(stage.deck.settings.keys_file, "device")
    assert await stage.deck.access.door.session_of(stage.deck, {"key": token}, "") is None


def test_a_broken_file_of_users_closes_the_door(tmp_path: Path) -> None:
    door, path = access(tmp_path), tmp_path / USERS_FILE
    told = [door.required]
    path.write_text("[{")
    told.append(door.required)
    path.unlink()
    assert [*told, door.required] == [False, True, True]


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_waits_double_and_are_forgotten() -> None:
    clock = Clock()
    attempts = Attempts(clock)

    def wait() -> int:
        with pytest.raises(Problem) as caught:
            attempts.require_patience("lan", "here")
        return int(caught.value.headers["Retry-After"])

    for _ in range(FREE_OF_BOTH):
        attempts.require_patience("lan", "here")
        attempts.failed("lan", "here")
    seen = []
    for _ in range(12):
        seen.append(wait())
        clock.now_s += seen[-1]
        attempts.require_patience("lan", "here")
        attempts.failed("lan", "here")
    assert seen == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    clock.now_s += 100_000
    attempts.failed("lan", "here")
    attempts.require_patience("lan", "here")


def test_names_and_addresses_are_counted_alone_too() -> None:
    attempts = Attempts(Clock())
    for n in range(FREE_OF_ADDRESS):
        attempts.failed(f"name{n}", "here")
    with pytest.raises(Problem):
        attempts.require_patience("other", "here")
    for n in range(FREE_OF_NAME):
        attempts.failed("lan", f"address{n}")
    with pytest.raises(Problem):
        attempts.require_patience("lan", "elsewhere")
    attempts.require_patience("minh", "elsewhere")


def test_a_bucket_empties_and_fills_again() -> None:
    clock = Clock()
    rates = Rates(clock)
    key, device = Identity("k1", "reporter"), Identity("d1", "device")
    for _ in range(int(OF_SOMEBODY.at_once)):
        rates.take(key, "x")
    with pytest.raises(Problem, match=r"requests\.too_many") as caught:
        rates.take(key, "x")
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "1")
    rates.take(Identity("k2", "reporter"), "x")
    for _ in range(3000):
        rates.take(device, "x")
        rates.take(Identity("local", "admin", local=True), "x")
    clock.now_s += 1.0
    for _ in range(int(OF_SOMEBODY.a_second)):
        rates.take(key, "x")
    with pytest.raises(Problem):
        rates.take(key, "x")


async def test_nobody_asks_without_end(stage: Stage) -> None:
    add_key(stage.deck.settings.keys_file, "admin")
    async with stage.client(peer="192.0.2.9") as client:
        told = [(await client.get("/healthz")).status_code for _ in range(int(OF_AN_ADDRESS.at_once) + 100)]
    assert 429 in told
    async with stage.client(peer="192.0.2.10") as client:
        assert (await client.get("/healthz")).status_code == 200


async def test_a_key_that_turns_has_two_tokens_for_a_while(stage: Stage, client: httpx.AsyncClient) -> None:
    path = stage.deck.settings.keys_file
    first = add_key(path, "reporter", sites=["kho-vac-xin"])
    (key,) = list_keys(path)
    assert first.split("_")[1] == key.id

    async def answers(*tokens: str) -> list[int]:
        return [
            (await client.get(SITES, headers={"Authorization": f"Bearer {token}"})).status_code
            for token in tokens
        ]

    second = rotate_key(path, key.id, 7)
    assert await answers(first, second) == [200, 200]
    third = rotate_key(path, key.id, 7)
    assert await answers(first, second, third) == [401, 200, 200]
    fourth = rotate_key(path, key.id, 0)
    assert await answers(second, third, fourth) == [401, 401, 200]
    (turned,) = list_keys(path)
    assert (turned.id, turned.role, turned.sites) == (key.id, "reporter", ("kho-vac-xin",))
    for days in (-1, 91):
        with pytest.raises(OperatorError, match="days"):
            rotate_key(path, key.id, days)
    with pytest.raises(OperatorError, match="no key"):
        rotate_key(path, "none", 7)


async def test_the_token_before_ends_with_its_days(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stage.deck.settings.keys_file
    first = add_key(path, "reporter")
    (key,) = list_keys(path)
    second = rotate_key(path, key.id, 7)
    ring = KeyRing(path)
    assert ring.find(first)
    until = list_keys(path)[0].former_until
    monkeypatch.setattr("api.keys._now_ms", lambda: until)
    assert ring.find(first) is None
    assert ring.find(second)
    assert read_used(path.with_name("api-keys-used.json")).keys() == {key.id}
