"""``[notify]``: names that are known, what each kind of channel needs, and secrets that stay secret."""

from pathlib import Path

import pytest

from hub.config.kinds import Kinds
from hub.config.loader import parse
from hub.config.models import Config
from hub.errors import ConfigError
from hub.notify.settings import Shift, Step
from hub.runtime.notify_wiring import notify_settings

HEAD = """
[hub]
name = "dong-nai"
[[site]]
id = "kho"
name = "Kho vắc-xin"
kind = "vaccine-store"
district = "731"
"""
WHOLE = """
[notify]
window_minutes = 5
[[notify.channel]]
id = "sms"
kind = "webhook"
url = { file = "url" }
[[notify.channel]]
id = "mail"
kind = "smtp"
host = "mail.example"
security = "tls"
sender = { file = "sender" }
to = { file = "number" }
[[notify.person]]
id = "u-an"
reach = [{ channel = "sms", address = { file = "number" } }]
[[notify.schedule]]
id = "night"
otherwise = "u-an"
shifts = [{ days = ["sat"], from = "17:00", to = "07:30", person = "u-an" }]
[[notify.chain]]
id = "all"
steps = [{ persons = ["u-an"] }, { after_minutes = 15, schedules = ["night"], channels = ["mail"] }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (
        ("url", "https://sms.example/k3y"),
        ("number", "0912345678"),
        ("sender", "a@b.example"),
    ):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def load(folder: Path, text: str) -> Config:
    return parse(HEAD + text, "epihub.toml", base=folder, kinds=Kinds(()))


def test_the_whole_reaches_the_hub(folder: Path) -> None:
    config = load(folder, WHOLE)
    told = notify_settings(config)
    assert (told.window_minutes, told.places["kho"].name) == (5, "Kho vắc-xin")
    sms, mail = told.channels
    assert (sms.url, mail.port, mail.to) == ("https://sms.example/k3y", 465, "0912345678")
    assert told.address("u-an", "sms") == told.address("", "mail") == "0912345678"
    assert told.address("u-an", "mail") is None
    assert told.schedules[0].shifts == (Shift((5,), 1020, 450, "u-an"),)
    assert told.chains[0].steps[1] == Step(15, schedules=("night",), channels=("mail",))
    assert "0912345678" not in repr(config)
    assert "k3y" not in repr(config)


def test_without_it_nobody_is_told(folder: Path) -> None:
    assert notify_settings(load(folder, "")).chains == ()


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        (
            'person = "u-an" }',
            'person = "u-na" }',
            'notify.schedule.shifts.person: no [[notify.person]] has this id, did you mean "u-an"?',
        ),
        ('otherwise = "u-an"', 'otherwise = "u-x"', "no [[notify.person]] has this id"),
        ('persons = ["u-an"]', 'persons = ["u-x"]', "no [[notify.person]] has this id"),
        ('schedules = ["night"]', 'schedules = ["day"]', "no [[notify.schedule]] has this id"),
        ('channels = ["mail"]', 'channels = ["fax"]', "no [[notify.channel]] has this id"),
        ('reach = [{ channel = "sms"', 'reach = [{ channel = "fax"', "no [[notify.channel]] has this id"),
        ('id = "all"', 'id = "all"\nsites = ["khox"]', 'no [[site]] has this id, did you mean "kho"?'),
        ('id = "mail"', 'id = "sms"', "already used"),
        ('host = "mail.example"\n', "", "host: missing: a channel of kind smtp needs it"),
        ('kind = "webhook"', 'kind = "webhook"\nhost = "x"', "host: is not for a channel of kind webhook"),
        ('url = { file = "url" }', 'url = { file = "number" }', "url: must hold an address"),
        ('to = { file = "number" }\n', "", "this channel has no address of its own"),
        (
            'to = { file = "number" }',
            'username = { file = "number" }',
            "user name and password belong together",
        ),
        ('[{ persons = ["u-an"] }', "[{ }", "tells nobody"),
        (
            '[{ persons = ["u-an"] }',
            '[{ after_minutes = 20, persons = ["u-an"] }',
            "in the order of after_minutes",
        ),
        ('from = "17:00"', 'from = "5 pm"', "must be a time of day like 07:30"),
        ('from = "17:00"', 'from = "24:00"', "must be a time of day like 07:30"),
        ('address = { file = "number" }', 'address = "0912345678"', "a secret must not stand in this file"),
    ],
)
def test_a_mistake_is_named(folder: Path, old: str, new: str, mistake: str) -> None:
    assert old in WHOLE
    with pytest.raises(ConfigError) as caught:
        load(folder, WHOLE.replace(old, new, 1))
    assert mistake in str(caught.value)
    assert "0912345678" not in str(caught.value)
