"""``[[notify.channel]]``: each kind's keys, what they must hold, and how the hub's process gets them."""

from pathlib import Path

import pytest

from hub.cli.channel_findings import channel_findings, not_understood
from hub.cli.finding import Finding
from hub.config.kinds import Kinds
from hub.config.loader import parse
from hub.config.models import Config
from hub.errors import ConfigError
from hub.notify.channels.opening import senders_of
from hub.runtime.notify_wiring import notify_settings
from tests.config.test_notify import HEAD

TOKEN = "123456:AAtopsecret"
CHANNELS = """
[[notify.channel]]
id = "tele"
kind = "telegram"
token = { file = "token" }
to = { file = "chat" }
[[notify.channel]]
id = "zalo"
kind = "zalo"
token = { file = "token" }
base_url = "http://127.0.0.1:8080"
[[notify.channel]]
id = "any"
kind = "apprise"
url = { file = "apprise" }
[[notify.channel]]
id = "mail"
kind = "smtp"
host = "mail.example"
sender = { file = "chat" }
mailbox = { host = "mail.example", username = { file = "chat" }, password = { file = "token" } }
[[notify.channel]]
id = "siren"
kind = "relay"
relay = { by = "modbus", host = "10.1.2.9", coil = 2, timer_coil = 514, button_input = 1, pulse_seconds = 20 }
[[notify.channel]]
id = "lamp"
kind = "relay"
relay = { by = "mqtt", broker = { file = "broker" }, topic = "cmnd/lamp/POWER" }
[[notify.channel]]
id = "horn"
kind = "relay"
relay = { by = "http", on_url = { file = "on" }, off_url = { file = "on" } }
[[notify.channel]]
id = "card"
kind = "relay"
relay = { by = "serial", path = "/dev/serial/card", on_text = "hex:A00101A2", off_text = "hex:A00100A1" }
[[notify.person]]
id = "u-an"
reach = [{ channel = "tele", address = { file = "chat" } }, { channel = "any", address = { file = "chat" } }]
[[notify.chain]]
id = "all"
steps = [{ persons = ["u-an"], channels = ["siren", "tele"] }]
"""
FILES = {
    "token": TOKEN,
    "chat": "5551234@cdc.example",
    "apprise": "json://gateway.example/{address}",
    "broker": "mqtt://10.1.2.3",
    "on": "http://10.1.2.4/on?k=AAtopsecret",
    "bad": "AAtopsecret nonsense",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return tmp_path


def load(folder: Path, text: str) -> Config:
    return parse(HEAD + text, "epihub.toml", base=folder, kinds=Kinds([]))


def test_every_kind_reaches_the_hub_and_is_a_channel(folder: Path) -> None:
    told = notify_settings(load(folder, CHANNELS))
    tele, zalo, service, mail, siren, lamp, _, card = told.channels
    assert (tele.base_url, tele.token) == ("https://api.telegram.org", TOKEN)
    assert zalo.base_url == "http://127.0.0.1:8080"
    assert service.url == FILES["apprise"]
    assert mail.mailbox is not None
    assert (mail.mailbox.port, mail.mailbox.password) == (993, TOKEN)
    assert siren.relay is not None
    assert (siren.relay.host, siren.relay.timer_coil, siren.relay.pulse_seconds) == ("10.1.2.9", 514, 20)
    assert siren.relay.button_person == "button"
    assert lamp.relay is not None
    assert (lamp.relay.broker, lamp.relay.off_text) == ("mqtt://10.1.2.3", "OFF")
    assert card.relay is not None
    assert card.relay.on_text == "hex:A00101A2"
    assert told.folder.endswith("notify")
    assert senders_of(told).keys() == {channel.id for channel in told.channels}


def test_without_its_own_a_zalo_bot_is_reached_where_zalo_is(folder: Path) -> None:
    text = CHANNELS.replace('base_url = "http://127.0.0.1:8080"\n', "")
    assert notify_settings(load(folder, text)).channels[1].base_url == "https://bot-api.zaloplatforms.com"


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ('token = { file = "token" }\nto', "to", "token: missing: a channel of kind telegram needs it"),
        ('token = { file = "token" }', 'token = { file = "none" }', "the file it names is not there"),
        ('token = { file = "token" }', 'token = { file = "bad" }', "must hold a bot's token"),
        ('base_url = "http://', 'base_url = "ftp://', "must be a URL that begins with https:// or http://"),
        ('base_url = "http://', 'base_url = "http://u:p@', "a password must not stand in a URL"),
        ('url = { file = "apprise" }', 'url = { file = "chat" }', "an address of Apprise: service://"),
        ('to = { file = "chat" }\n', "", "this channel has no address of its own"),
        ('["siren", "tele"]', '["any"]', "this channel has no address of its own"),
        ('{ channel = "tele"', '{ channel = "siren"', "a relay reaches nobody by name"),
        ('kind = "telegram"', 'kind = "relay"', "relay: missing: a channel of kind relay needs it"),
        ('kind = "telegram"', 'kind = "telegram"\nhost = "x"', "host: is not for a channel of kind telegram"),
        ('host = "10.1.2.9", ', "", "needs one of host (TCP) and path (serial line)"),
        ('host = "10.1.2.9"', 'host = "10.1.2.9", topic = "x"', "topic: is not for a relay by modbus"),
        ('topic = "cmnd/lamp/POWER"', 'topic = "cmnd/#"', "must be one topic"),
        (', topic = "cmnd/lamp/POWER"', "", "topic: missing: a relay by mqtt needs it"),
        ('broker = { file = "broker" }', 'broker = { file = "on" }', "the broker's url is not understood"),
        ('broker = { file = "broker" }', 'broker = { file = "broker" }, button_topic = "b"', "button_text"),
        ('on_url = { file = "on" }', 'on_url = { file = "bad" }', "on_url: must hold an address that begins"),
        ('"hex:A00101A2"', '"hex:A001012"', "pairs of hexadecimal digits"),
        ("pulse_seconds = 20", "pulse_seconds = 5000", "pulse_seconds"),
        ('host = "mail.example", username', "username", "mailbox.host: missing"),
    ],
)
def test_a_mistake_is_named(folder: Path, old: str, new: str, mistake: str) -> None:
    assert old in CHANNELS
    with pytest.raises(ConfigError) as caught:
        load(folder, CHANNELS.replace(old, new, 1))
    assert mistake in str(caught.value)
    assert "AAtopsecret" not in str(caught.value)


def test_certificates_cannot_be_left_unverified(folder: Path) -> None:
    (folder / "apprise").write_text("jsons://gateway.example/?verify=no")
    with pytest.raises(ConfigError, match="certificates are verified"):
        load(folder, CHANNELS)


def test_a_library_that_is_not_installed_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.config.notify_channel_checks.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'epihub\[apprise\]'"):
        load(folder, CHANNELS)


def test_what_apprise_does_not_understand_is_found(folder: Path) -> None:
    pytest.importorskip("apprise", reason="the extra apprise is not installed")
    assert [each.good for each in not_understood(load(folder, CHANNELS))] == [True]
    (folder / "apprise").write_text("nonsense://AAtopsecret/{address}")
    (found,) = not_understood(load(folder, CHANNELS))
    assert found.what == "channel any: Apprise does not understand its url"
    text = CHANNELS.replace('url = { file = "apprise" }\n', "")
    (found,) = not_understood(load(folder, text))
    assert found.what == "channel any: Apprise does not understand 1 of 1 addresses of persons"


def test_lines_that_are_not_there_are_found(folder: Path) -> None:
    found = list(channel_findings(load(folder, CHANNELS)))
    bad = [each.what for each in found if not each.good]
    assert bad == ["channel card: /dev/serial/card is missing"]
    assert Finding(True, "channel siren: the relay's own timer ends each pulse") in found
    assert any("card: no timer in the relay" in each.what for each in found)
    assert not any("AAtopsecret" in str(each) for each in found)
