"""Secrets come from elsewhere, and nothing that goes wrong shows one."""

import pickle
from pathlib import Path

import pytest

from hub.config.kinds import Kinds
from hub.config.loader import load, parse
from hub.errors import ConfigError
from tests.config.test_loader import HUB, SITE

VALUE = "h\u00f9nter2-tr\u1eddi"
BUS = HUB + SITE + '[bus]\nurl = "mqtts://broker.example"\nusername = "u"\npassword = '


def complaint(text: str, base: Path, kinds: Kinds) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, "e.toml", base=base, kinds=kinds)
    assert VALUE not in str(caught.value)
    return str(caught.value).removeprefix("e.toml:11: bus.password: ")


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EPIHUB_TEST", VALUE)
    config = parse(BUS + '{ env = "EPIHUB_TEST" }\n', "e.toml")
    assert config.bus.password is not None
    assert config.bus.password.reveal() == VALUE
    assert VALUE not in repr(config) + str(config.model_dump()) + config.model_dump_json()
    assert "Secret(env EPIHUB_TEST)" in repr(config)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(config.bus.password)


def test_a_secret_comes_from_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(VALUE + "\n")
    (tmp_path / "password").chmod(0o440)
    (tmp_path / "e.toml").write_text(BUS + '{ file = "password" }\n')
    password = load(tmp_path / "e.toml").bus.password
    assert password is not None
    assert password.reveal() == VALUE


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (f'"{VALUE}"', 'a secret must not stand in this file: write { env = "NAME" } or { file = "PATH" }'),
        (f'{{ value = "{VALUE}" }}', "a secret has one source"),
        ('{ env = "X", file = "y" }', "a secret has one source"),
        ("12", "a secret has one source"),
        ('{ env = "EPIHUB_NOT_SET" }', "the environment variable it names is not set"),
        ('{ file = "missing" }', "the file it names is not there"),
        ('{ file = "open" }', "the file it names is open to others: chmod 600 it"),
        ('{ file = "empty" }', "the file it names is empty"),
        ('{ file = "binary" }', "the file it names is not UTF-8 text"),
        ('{ file = "long" }', "the file it names is over 65536 bytes"),
        ('{ file = "a\\u0000b" }', "the file it names "),
        ('{ file = "." }', "the file it names is not there"),
    ],
)
def test_what_is_no_secret(tmp_path: Path, kinds: Kinds, value: str, words: str) -> None:
    contents = {"open": VALUE.encode(), "empty": b" \n", "binary": b"\xff\xfe", "long": b"x" * 65537}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o604 if name == "open" else 0o600)
    assert complaint(BUS + value + "\n", tmp_path, kinds).startswith(words)


def test_an_adapter_that_repeats_a_value_is_cut_short(kinds: Kinds, tmp_path: Path) -> None:
    device = f'[[device]]\nid = "d"\nkind = "dialer"\nhost = "{VALUE}!"\n'
    assert complaint(HUB + SITE + device, tmp_path, kinds) == "e.toml:11: device.host: cannot dial …"
