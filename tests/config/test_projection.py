"""``[[projection]]``: mistakes told all at once, and no secret in any of them."""

from pathlib import Path

import pytest

from hub.config.kinds import Kinds
from hub.config.loader import parse
from hub.errors import ConfigError

HEAD = """
[hub]
name = "province"
[[site]]
id = "a"
name = "A"
kind = "hospital"
district = "731"
"""


def projection(**given: object) -> str:
    keys = {"name": "victoria", "kind": "influx", "url": "http://127.0.0.1:8428", "bucket": "epihub"} | given
    return "[[projection]]\n" + "".join(
        f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}\n"
        for key, value in keys.items()
        if value is not None
    )


def wrong(text: str, base: Path = Path()) -> list[str]:
    with pytest.raises(ConfigError) as told:
        parse(HEAD + text, "epihub.toml", base=base, kinds=Kinds(()))
    return [line.split(": ", 1)[1] for line in str(told.value).splitlines()]


def test_what_is_left_out_is_filled_in() -> None:
    config = parse(HEAD + projection(), "epihub.toml", kinds=Kinds(()))
    (made,) = config.projections
    assert (made.dialect, made.read, made.history, made.batch_points) == ("v2", "none", True, 5000)
    assert (made.series_most, made.health_seconds, made.plain) == (100_000, 15, False)


def test_both_dialects_and_off_loopback_with_tls_or_the_operators_word() -> None:
    text = projection(url="https://tsdb.example/base") + projection(
        name="old", dialect="v1", bucket=None, database="epihub", url="http://10.1.2.3:8086", plain=True
    )
    config = parse(HEAD + text, "epihub.toml", kinds=Kinds(()))
    assert [(each.name, each.leaves_open()) for each in config.projections] == [
        ("victoria", ()),
        ("old", ("url",)),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (projection(kind="opentsdb"), "projection.kind: "),
        (projection(url="mqtt://127.0.0.1:1"), "projection.url: must be a URL that begins with http://"),
        (projection(url="https://u@h"), "projection.url: write only scheme, host, port and path"),
        (projection(url="https://h/?db=x"), "projection.url: write only scheme, host, port and path"),
        (projection(url="https://u:p@h"), "projection.url: a password must not stand in a URL"),
        (projection(url="http://10.1.2.3:8428"), "projection.url: off loopback without TLS"),
        (
            projection(read="promql", read_url="http://10.1.2.3:8428"),
            "projection.read_url: off loopback without TLS",
        ),
        (projection(read_url="http://127.0.0.1:1"), "projection.read_url: nothing is read back"),
        (projection(bucket=None), "projection.bucket: missing: dialect v2 needs it"),
        (projection(database="x"), "projection.database: is not for dialect v2"),
        (projection(dialect="v1", database="x"), "projection.bucket: is not for dialect v1"),
        (projection(dialect="v1", bucket=None), "projection.database: missing: dialect v1 needs it"),
        (projection(username="u"), "projection.password: missing: user name and password belong together"),
        (projection(password="geheim"), "projection.password: a secret must not stand in this file"),
        (projection(batch_points=0), "projection.batch_points: must be greater than or equal to 1"),
        (projection(series_most=0), "projection.series_most: must be greater than or equal to 1"),
        (projection(bukket="x"), 'projection.bukket: unknown key, did you mean "bucket"?'),
        (projection() + projection(), "projection.name: already used"),
        ("[projection]\nname = 'x'\n", "projection: must be written as [[projection]]"),
    ],
)
def test_every_mistake_is_named(text: str, expected: str) -> None:
    told = wrong(text)
    assert any(expected in line for line in told), told
    assert "geheim" not in str(told)


def test_token_and_password_at_once_and_a_certificate_that_nobody_asks_for(tmp_path: Path) -> None:
    for name in ("token", "password", "ca.pem"):
        (tmp_path / name).write_text("geheim")
        (tmp_path / name).chmod(0o600)
    text = projection(username="u", ca_file="ca.pem")
    text += 'token = { file = "token" }\npassword = { file = "password" }\n'
    told = wrong(text, tmp_path)
    assert any("projection.token: one of the two" in line for line in told)
    assert any("projection.ca_file: is for https://" in line for line in told)
    assert "geheim" not in str(told)


def test_a_token_that_no_header_can_carry(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("bí mật")
    (tmp_path / "token").chmod(0o600)
    told = wrong(projection() + 'token = { file = "token" }\n', tmp_path)
    assert any("projection.token: has characters that cannot stand in a header" in line for line in told)
    assert "mật" not in str(told)


def test_a_missing_library_is_told_when_the_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.config.projection_checks.find_spec", lambda name: None)
    (told,) = wrong(projection())
    assert told == "projection.kind: needs the extra influx: pip install 'epihub[influx]'"


def test_more_than_there_may_be() -> None:
    told = wrong("".join(projection(name=f"p-{n}") for n in range(11)))
    assert any("projection: more than 10 entries" in line for line in told)
