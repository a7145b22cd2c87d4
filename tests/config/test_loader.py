import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.config.document import LARGEST_BYTES
from hub.config.kinds import Kinds
from hub.config.loader import load, parse
from hub.config.models import Config
from hub.errors import ConfigError
from tests.config.probes import ListenerConfig

HUB = '[hub]\nname = "dong-nai"\n'
SITE = '[[site]]\nid = "bv-thong-nhat"\nname = "Bệnh viện"\nkind = "hospital"\ndistrict = "731"\n'
STORE = '[[site]]\nid = "kho-vac-xin"\nname = "Kho"\nkind = "vaccine-store"\ndistrict = "732"\n'
DEVICE = '[[device]]\nid = "genexpert-01"\nkind = "listener"\nport = 2575\n'

Wrong = Callable[[str], list[str]]


@pytest.fixture
def read(kinds: Kinds) -> Callable[[str], Config]:
    return lambda text: parse(text, "e.toml", kinds=kinds)


@pytest.fixture
def wrong(kinds: Kinds) -> Wrong:
    def complaints(text: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            parse(text, "e.toml", kinds=kinds)
        return str(caught.value).splitlines()

    return complaints


def test_what_is_left_out_is_filled_in(read: Callable[[str], Config]) -> None:
    config = read(HUB + SITE + DEVICE)
    assert (config.edge.id, config.edge.site) == ("edge-1", "bv-thong-nhat")
    assert (config.api.port, config.bus.port, config.bus.sync) == (8080, 1883, "interval")
    assert config.spool_dir == Path("data/spool")
    assert config.embedded_broker
    assert not config.local_alarms
    device = config.devices[0]
    assert isinstance(device, ListenerConfig)
    assert (device.site, device.port) == ("bv-thong-nhat", 2575)


def test_alarms_are_local_in_a_vaccine_store_unless_told(read: Callable[[str], Config]) -> None:
    text = HUB + SITE + STORE + '[edge]\nsite = "kho-vac-xin"\n'
    assert read(text).local_alarms
    assert not read(text + "[alarms]\nlocal = false\n").local_alarms


def test_a_configuration_does_not_change(read: Callable[[str], Config]) -> None:
    with pytest.raises(ValueError, match="frozen"):
        read(HUB + SITE).api.port = 1


def test_every_mistake_is_told_in_one_go(wrong: Wrong) -> None:
    text = """\
[hub]
nmae = "x"
timezone = "Asia/Ho_Chi_Minn"
[api]
port = 80800
host = "0.0.0.0"
[bsu]
[log]
level = "waring"
[[site]]
id = "a"
name = "A"
kind = "hospitol"
district = "7310"
[[device]]
id = "d"
site = "aa"
kind = "listenr"
[[device]]
id = "d"
site = "a"
kind = "dialer"
silence_seconds = 0
rules = [ { path = "x", metric = "temperatur" }, { path = "y", metrik = "humidity" } ]
"""
    assert wrong(text) == [
        "e.toml:1: hub.name: missing",
        'e.toml:2: hub.nmae: unknown key, did you mean "name"?',
        'e.toml:3: hub.timezone: no time zone of this name, did you mean "Asia/Ho_Chi_Minh"?',
        "e.toml:5: api.port: must be less than or equal to 65535",
        'e.toml:7: bsu: unknown section, did you mean "bus"?',
        'e.toml:9: log.level: must be one of debug, info, warning, error, did you mean "warning"?',
        (
            "e.toml:13: site.kind: must be one of hospital, field-hospital, quarantine, vaccine-store, "
            'clinic, office, workplace, did you mean "hospital"?'
        ),
        "e.toml:14: site.district: must match pattern '^[0-9]{3}$'",
        'e.toml:17: device.site: no [[site]] has this id, did you mean "a"?',
        (
            'e.toml:18: device.kind: no adapter of this kind, did you mean "listener"? '
            "(known: dialer, heavy, listener)"
        ),
        "e.toml:19: device.host: missing",
        "e.toml:20: device.id: already used (line 16)",
        "e.toml:23: device.silence_seconds: must be greater than 0",
        "e.toml:24: device.rules.metric: missing",
        'e.toml:24: device.rules.metric: must be one of temperature, humidity, did you mean "temperature"?',
        'e.toml:24: device.rules.metrik: unknown key, did you mean "metric"?',
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "e.toml:1: hub.name: missing"),
        (HUB, "e.toml:1: site: missing: at least one [[site]] is needed"),
        (HUB + SITE + "[device]\nid = 1\n", "e.toml:8: device: must be written as [[device]]"),
        ("[[hub]]\n" + SITE, "e.toml:1: hub: must be written as [hub]"),
        (HUB + SITE + '[edge]\nid = "hub"\n', "e.toml:9: edge.id: hub is no edge id"),
        (HUB + SITE + '[edge]\nid = "api"\n', "e.toml:9: edge.id: api is no edge id"),
        (HUB + SITE + '[edge]\nid = "x-api"\n', "e.toml:9: edge.id: at most 60 characters and no -api"),
        (HUB + SITE + '[edge]\nid = "Edge 1"\n', "e.toml:9: edge.id: must be 1 to 64 of a-z, 0-9, _ and -"),
        (HUB + SITE + '[edge]\nsite = "x"\n', "e.toml:9: edge.site: no [[site]] has this id"),
        (HUB + SITE + STORE + DEVICE, "e.toml:13: device.site: missing: there are 2 sites"),
        (HUB + SITE + SITE, "e.toml:9: site.id: already used (line 4)"),
        (HUB + SITE + '[api]\nhost = "10.0.0.1"\n', "e.toml:9: api.host: off loopback: set tls_cert_file"),
        (HUB + SITE + '[bus]\nhost = "0.0.0.0"\n', "e.toml:9: bus.host: off loopback"),
        (HUB + SITE + '[bus]\nurl = "mqtt://b.example"\n', "e.toml:9: bus.url: off loopback without TLS"),
        (
            HUB + SITE + '[bus]\nurl = "tcp://b"\n',
            "e.toml:9: bus.url: must be a URL that begins with mqtt://",
        ),
        (
            HUB + SITE + '[bus]\nurl = "mqtts://b"\nport = 1\n',
            "e.toml:10: bus.port: is for the embedded broker",
        ),
        (HUB + SITE + '[bus]\nurl = "mqtts://b/x"\n', "e.toml:9: bus.url: write only mqtts://host:port"),
        (HUB + SITE + '[bus]\nurl = "mqtts://u@b"\n', "e.toml:9: bus.url: write only mqtts://host:port"),
        (HUB + SITE + '[bus]\nusername = "b"\n', "e.toml:9: bus.username: is for a broker that url names"),
        (HUB + SITE + '[bus]\ntls_cert_file = "x"\n', "e.toml:9: bus.tls_cert_file: no such file"),
        (
            HUB + SITE + '[store]\nurl = "postgresql://u:hunter2@db/x"\n',
            "e.toml:9: store.url: a password must not",
        ),
        (
            HUB + SITE + '[store]\nurl = "postgresql://u@db/x?password=hunter2"\n',
            "e.toml:9: store.url: a password must not",
        ),
        (
            HUB + SITE + "[api]\nport = 1883\n[bus]\n",
            "e.toml:10: bus.port: this port is taken by [api] (line 9)",
        ),
        (HUB + SITE + "[api]\nport = true\n", "e.toml:9: api.port: must be a whole number"),
        (HUB + SITE + '[api]\nport = "80"\n', "e.toml:9: api.port: must be a whole number"),
        (HUB + SITE + DEVICE.replace("2575", "8080"), "e.toml:11: device.port: this port is taken by [api]"),
        (HUB + SITE + DEVICE + 'host = "0.0.0.0"\n', "e.toml:8: device.peers: missing: off loopback"),
        (
            HUB + SITE + DEVICE + "match = { per = 1 }\n",
            'e.toml:12: device.match.per: unknown key, did you mean "peer"',
        ),
        (HUB + SITE + DEVICE + "peers = [1]\n", "e.toml:12: device.peers: item 1: must be a text in quotes"),
        (
            HUB + SITE + DEVICE.replace("listener", "heavy"),
            "e.toml:10: device.kind: this kind needs a_library",
        ),
        (HUB + SITE + '[[device]]\nid = "d"\n', "e.toml:8: device.kind: missing"),
        (HUB + SITE + '"\\u001b[2J" = 1\n', 'e.toml:8: site."\\u001b[2J": unknown key'),
        ("[hub]\nname = dong-nai\n", "e.toml:2: not TOML: Invalid value, column 8"),
        ("[hub]\n[hub]\n", "e.toml:2: not TOML: Cannot declare ('hub',) twice, column 5"),
        ("[hub]\nname = '''x\n\n", "e.toml:2: not TOML: Expected \"'''\""),
        ("x = " + "[" * 4000, "e.toml:1: nested too deep"),
        ("x = " + "9" * 5000, "e.toml:1: a number with too many digits"),
        (
            HUB + SITE + '[[bus.user]]\nname = "epihub-x"\n',
            "e.toml:9: bus.user.name: names that begin with epihub",
        ),
    ],
)
def test_a_mistake_says_where_and_what(wrong: Wrong, text: str, complaint: str) -> None:
    assert any(line.startswith(complaint) for line in wrong(text)), wrong(text)


@pytest.mark.parametrize(
    "topic", ["#", "+/x", "epihub/v1/evt/x", "$SYS/x", "a b", "a/#/b", "a+", "", "a\x00"]
)
def test_devices_publish_only_where_they_may(
    wrong: Wrong, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPIHUB_TEST", "x")
    user = f'[[bus.user]]\nname = "u"\npassword = {{ env = "EPIHUB_TEST" }}\npublish = ["ok/#", {topic!r}]\n'
    user = user.replace("\\x00", "\\u0000").replace("'", '"')
    assert [line[:35] for line in wrong(HUB + SITE + user)] == ["e.toml:11: bus.user.publish: item 2"]


BUS_EDGE = '[[bus.edge]]\nid = "edge-2"\npassword = { env = "EPIHUB_TEST" }\n'


def test_edges_on_other_machines_have_accounts(
    read: Callable[[str], Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPIHUB_TEST", "geheim")
    bus = read(HUB + SITE + BUS_EDGE + 'sites = ["bv-thong-nhat"]\n').bus
    assert [(each.id, each.password.reveal(), each.sites) for each in bus.edges] == [
        ("edge-2", "geheim", ("bv-thong-nhat",))
    ]
    assert "geheim" not in repr(bus)
    assert read(HUB + SITE + '[bus]\nurl = "mqtts://b.example"\n' + BUS_EDGE).bus.edges[0].sites == ()


def test_every_mistake_of_bus_accounts_is_told_in_one_go(
    wrong: Wrong, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EPIHUB_TEST", "geheim")
    text = """\
[[bus.edge]]
id = "edge-2"
password = "geheim"
sites = ["bv-thong-nat"]
[[bus.edge]]
id = "edge-2"
passwort = { env = "EPIHUB_TEST" }
[[bus.edge]]
id = "edge-1"
password = { env = "EPIHUB_TEST" }
[[bus.edge]]
id = "hub"
password = { env = "EPIHUB_TEST" }
[[bus.edge]]
id = "edge-1-sensors"
password = { env = "EPIHUB_TEST" }
[[bus.user]]
name = "edge-2"
password = { env = "EPIHUB_TEST" }
publish = ["zigbee2mqtt/#"]
[[bus.user]]
name = "api"
password = { env = "EPIHUB_TEST" }
publish = ["zigbee2mqtt/#"]
"""
    told = wrong(text + HUB + SITE)
    assert "geheim" not in " ".join(told)
    assert told == [
        (
            "e.toml:3: bus.edge.password: a secret must not stand in this file: "
            'write { env = "NAME" } or { file = "PATH" }'
        ),
        'e.toml:4: bus.edge.sites: item 1: no [[site]] has this id, did you mean "bv-thong-nhat"?',
        "e.toml:5: bus.edge.password: missing",
        "e.toml:6: bus.edge.id: already used (line 2)",
        'e.toml:7: bus.edge.passwort: unknown key, did you mean "password"?',
        "e.toml:9: bus.edge.id: is this installation's own edge: one of the two needs another [edge] id",
        "e.toml:12: bus.edge.id: hub is no edge id: the hub itself writes under this name",
        "e.toml:12: bus.edge.id: is the name of an account that epihub makes by itself",
        "e.toml:15: bus.edge.id: is the name of an account that epihub makes by itself",
        "e.toml:18: bus.user.name: already used (line 2)",
        "e.toml:22: bus.user.name: is the name of an account that epihub makes by itself",
    ]


def test_devices_of_one_kind_and_address_share_a_listener(read: Callable[[str], Config]) -> None:
    config = read(HUB + SITE + DEVICE + DEVICE.replace("-01", "-02"))
    assert [device.id for device in config.devices] == ["genexpert-01", "genexpert-02"]


def test_a_listener_off_loopback_is_a_plain_link(read: Callable[[str], Config]) -> None:
    config = read(HUB + SITE + DEVICE + 'host = "10.0.0.1"\npeers = ["10.1.0.0/16"]\n')
    assert config.plain_links == ("genexpert-01",)


@pytest.mark.slow
def test_unused_kinds_are_not_imported() -> None:
    code = f"""
import sys
from importlib.metadata import EntryPoint
from hub.config.kinds import Kinds
from hub.config.loader import parse
doors = [EntryPoint(n, f"tests.config.{{m}}", "epihub.adapters") for n, m in
         [("listener", "probes:Listener"), ("heavy", "heavy_probe:Heavy")]]
parse({HUB + SITE!r}, "e.toml", kinds=Kinds(doors))
print([m for m in sys.modules if m.startswith(("tests.", "adapters."))])
"""
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"
    )


def test_a_file_is_read_with_its_folder_as_base(tmp_path: Path, kinds: Kinds) -> None:
    path = tmp_path / "epihub.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (HUB + SITE).replace("\n", "\r\n").encode())
    assert load(path, kinds=kinds).hub.data_dir == tmp_path / "data"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"[hub]\nname = '\xff'\n", ":2: not UTF-8 text"),
        (b"#" * (LARGEST_BYTES + 1), ": over 4 MiB, this is no epihub.toml"),
        (None, ": cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    path = tmp_path / "epihub.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == f"{path}{complaint}"


def test_profiles_of_rules_are_read_with_the_configuration(tmp_path: Path, kinds: Kinds) -> None:
    head = 'profile = "fridge"\nversion = 2\nhold_seconds = 60\n'
    rule = '[[rule]]\ncode = "HEAT"\nmetric = "temp.vaccine"\nwhen = "> 8.0"\nseverity = "critical"\n'
    rule += 'source = "ours"\n'
    for name, text in {
        "one.toml": head + rule,
        "two.toml": head + rule,
        "bad.toml": head + "[[rule]]\n",
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    path = tmp_path / "e.toml"
    path.write_text(HUB + SITE + '[alarms]\nprofiles = ["one.toml"]\n', "utf-8")
    assert load(path, kinds=kinds).alarms.profiles == (tmp_path / "one.toml",)
    path.write_text(HUB + SITE + '[alarms]\nprofiles = ["one.toml", "two.toml", "bad.toml"]\n', "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, kinds=kinds)
    told = str(caught.value)
    assert "a second profile fridge" in told
    assert "bad.toml:4: rule.code" in told
