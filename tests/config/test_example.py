"""The example file and the manual are made from the models, and true."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from hub.config.example import EXAMPLE, MANUAL, SECTIONS, example, manual, project_kinds
from hub.config.kinds import Kinds
from hub.config.loader import parse
from hub.config.mistakes import keys, model_in
from hub.errors import ConfigError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ours() -> Kinds:
    return project_kinds(ROOT / "pyproject.toml")


def awake(text: str) -> str:
    return re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE)


def test_the_example_file_is_fresh(ours: Kinds) -> None:
    assert (ROOT / EXAMPLE).read_text() == example(ours), "run: python -m hub.config.example --write"


def test_the_manual_is_fresh(ours: Kinds) -> None:
    text = (ROOT / MANUAL).read_text()
    assert text == manual(text, ours), "run: python -m hub.config.example --write"


@pytest.fixture
def sound(kinds: Kinds) -> Kinds:
    return Kinds(door for door in kinds.doors() if door.name != "heavy")


def test_the_example_loads(sound: Kinds) -> None:
    config = parse(example(sound), "example", kinds=sound)
    assert (config.hub.name, config.sites[0].name) == ("dong-nai", "Bệnh viện đa khoa Thống Nhất")
    assert config.api.port == 8080
    assert config.devices == ()


def test_awake_the_example_shows_every_key(sound: Kinds) -> None:
    shown = tomllib.loads(awake(example(sound)))
    for header, model in SECTIONS.items():
        if not header.startswith(("[[bus.", "[[notify.", "[[alarms.")):
            table = shown[header.strip("[]")]
            entry = table[0] if isinstance(table, list) else table
            assert set(entry) == set(keys(model)), header
    assert list(shown["bus"]["edge"][0]) == ["id", "password", "sites", "url"]
    assert list(shown["bus"]["user"][0]) == ["name", "password", "publish"]
    assert list(shown["alarms"]["power"][0]) == ["id", "devices"]
    assert list(shown["notify"]["person"][0]) == ["id", "language", "reach"]
    assert list(shown["notify"]["schedule"][0]) == ["id", "otherwise", "shifts"]
    assert shown["device"][1] == {
        "id": "listener-01",
        "site": "bv-thong-nhat",
        "kind": "listener",
        "host": "127.0.0.1",
        "port": 2575,
        "peers": [],
        "match": {"peer": ""},
    }


def test_a_device_of_the_example_loads_awake(kinds: Kinds) -> None:
    listener = Kinds(door for door in kinds.doors() if door.name == "listener")
    head, device, rest = example(listener).partition("#[[device]]")
    assert parse(head + awake(device + rest), "example", kinds=listener).devices[0].id == "listener-01"


@pytest.mark.parametrize("model", SECTIONS.values())
def test_example_values_are_good(
    model: type[BaseModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "tls/server.pem",
        "tls/server.key",
        "tls/ca.pem",
        "secrets/store-password",
        "secrets/edge-2",
        "rules/fridge.toml",
        "secrets/webhook-url",
        "secrets/bot",
        "secrets/mailbox",
        "secrets/heartbeat-url",
        "secrets/number-an",
        "secrets/influx-token",
        "secrets/influx-password",
        "secrets/webhook",
        "secrets/webhook-before",
        "secrets/fhir-token",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("EPIHUB_FRIDGES", "x")
    monkeypatch.setenv("EPIHUB_BUS_PASSWORD", "x")
    monkeypatch.setenv("EPIHUB_MAIL_FROM", "x")
    monkeypatch.setenv("EPIHUB_MAILBOX", "x")
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    model.model_validate(
        {k: f.examples[0] for k, f in fields.items() if f.examples}, context={"base": tmp_path}
    )


@pytest.mark.parametrize("model", [*SECTIONS.values()])
def test_every_key_says_what_it_is(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        inner = model_in(field.annotation)
        if inner and inner not in SECTIONS.values():  # tables on one line, told with this key
            test_every_key_says_what_it_is(inner)


def test_a_manual_without_its_marks_is_not_overwritten(kinds: Kinds) -> None:
    with pytest.raises(ValueError, match="marks"):
        manual("# all by hand", kinds)


def test_a_kind_that_cannot_be_loaded_is_told(kinds: Kinds) -> None:
    with pytest.raises(ConfigError, match="a_library_that_nobody_has"):
        example(kinds)
