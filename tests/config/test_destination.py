"""``[[destination]]``: mistakes told all at once, and no secret in any of them."""

from pathlib import Path

import pytest

from hub.config.kinds import Kinds
from hub.config.loader import parse
from hub.errors import ConfigError
from hub.feeds.kinds import open_kind
from hub.runtime.destination_wiring import feed_settings
from tests.config.test_projection import HEAD

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OWN: dict[str, dict[str, str]] = {
    "webhook": {"secret": "hook"},
    "fhir": {},
    "oru": {"url": "mllp://127.0.0.1:2575"},
}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name, text in (("hook", SECRET), ("short", "whsec_MfKQ"), ("plain", "geheim-geheim")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def destination(**given: object) -> str:
    kind = str(given.get("kind", "webhook"))
    keys = {"name": "central", "kind": kind, "url": "https://lis.example/hook", **OWN[kind], **given}
    return "[[destination]]\n" + "".join(f"{key} = {_toml(key, value)}\n" for key, value in keys.items())


def _toml(key: str, value: object) -> str:
    if key in ("secret", "secret_before", "token"):
        return f'{{ file = "{value}" }}'
    return str(value).lower() if isinstance(value, bool) else repr(value)


def wrong(text: str, base: Path) -> list[str]:
    with pytest.raises(ConfigError) as told:
        parse(HEAD + text, "epihub.toml", base=base, kinds=Kinds(()))
    assert "geheim" not in str(told.value)
    return [line.split(": destination.", 1)[1] for line in str(told.value).splitlines()]


@pytest.mark.parametrize("kind", OWN)
def test_each_kind_is_opened_with_what_the_configuration_gives(kind: str, base: Path) -> None:
    config = parse(HEAD + destination(kind=kind), "epihub.toml", base=base, kinds=Kinds(()))
    (settings,) = feed_settings(config)
    assert open_kind(settings).feed.settings is settings
    assert SECRET not in repr(settings)


def test_a_rotation_signs_with_both(base: Path) -> None:
    text = destination(secret_before="hook", types=["lab.*"], sites=["a"])
    (settings,) = feed_settings(parse(HEAD + text, "epihub.toml", base=base, kinds=Kinds(())))
    assert settings.options["secrets"] == [SECRET, SECRET]
    assert (settings.types, settings.sites, settings.begin) == (("lab.*",), ("a",), "now")


def test_mistakes(base: Path) -> None:
    assert wrong(destination(secret="short"), base) == ["secret: must have 24 to 64 bytes"]
    assert wrong(destination(secret="plain"), base) == ["secret: must begin with whsec_"]
    assert wrong(destination(url="http://10.1.2.3/hook"), base) == [
        "url: off loopback without TLS: use https:// or mllps://, or plain = true"
    ]
    assert wrong(destination(kind="fhir", secret="hook"), base) == ["secret: is not for kind fhir"]
    assert wrong(destination(kind="oru", url="https://a.example"), base) == [
        "url: mllp:// and mllps:// are for kind oru, https:// for the others"
    ]
    told = wrong(destination() + destination(), base)
    assert any(line.startswith("name: already used") for line in told)
    assert wrong(destination(url="https://a:geheim@b.example/"), base)
    missing = "[[destination]]\nname = 'x'\nkind = 'webhook'\nurl = 'https://a.example'\n"
    assert wrong(missing, base) == ["secret: missing: kind webhook needs it"]


def test_plain_and_private_are_the_operators_word(base: Path) -> None:
    text = destination(url="http://10.1.2.3/hook", plain=True, private=True)
    (made,) = parse(HEAD + text, "epihub.toml", base=base, kinds=Kinds(())).destinations
    assert made.leaves_open
