"""``[[forward]]``: mistakes told all at once, and what is filled in."""

from pathlib import Path

import pytest

from hub.config.kinds import Kinds
from hub.config.loader import parse
from hub.errors import ConfigError

HEAD = """\
[hub]
name = "dong-nai"
[[site]]
id = "a"
name = "A"
kind = "hospital"
district = "731"
[[device]]
id = "pcr-1"
kind = "hl7_mllp"
[[device]]
id = "fridge"
kind = "cold_mqtt"
dialect = "zigbee2mqtt"
topic = "zigbee2mqtt/fridge"
"""


def forward(**given: object) -> str:
    lines = {"from": "pcr-1", "to": "mllp://10.1.2.3:6661"} | given
    return "[[forward]]\n" + "".join(f"{key} = {value!r}\n" for key, value in lines.items())


def wrong(text: str) -> list[str]:
    with pytest.raises(ConfigError) as told:
        parse(HEAD + text, "e.toml", kinds=Kinds.installed())
    return [line for line in str(told.value).splitlines() if "forward" in line]


def test_a_forward_has_its_devices_name_and_a_plain_link_is_told() -> None:
    text = HEAD + forward()
    text += forward(id="second", to="mllps://lis.example:6661") + forward(id="third", to="file:///srv/lis")
    config = parse(text, "e.toml")
    assert [each.name for each in config.forwards] == ["pcr-1", "second", "third"]
    assert [each.name for each in config.plain_forwards] == ["pcr-1"]
    assert config.forwards[0].tries == 20


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (forward(to="mllp://10.1.2.3"), "forward.to: name host and port"),
        (forward(to="mllp://10.1.2.3:0x"), "forward.to: not a URL"),
        (forward(to="mllp://u@10.1.2.3:1"), "forward.to: write only host and port"),
        (forward(to="mllp://10.1.2.3:1/x"), "forward.to: name host and port"),
        (forward(to="http://10.1.2.3:1"), "forward.to: must be a URL that begins with mllp://"),
        (forward(to="file://host/x"), "forward.to: name a folder of this machine"),
        (forward(**{"from": "pcr-2"}), 'forward.from: no [[device]] has this id, did you mean "pcr-1"?'),
        (forward(**{"from": "fridge"}), "forward.to: what this kind of device sends can go to file:// only"),
        (forward() + forward(), "forward.from: this device has a forward: give this one an id"),
        (forward(id="x") + forward(id="x"), "forward.id: already used"),
        (forward(tries=-1), "forward.tries: must be greater than or equal to 0"),
        (forward(too="x"), 'forward.too: unknown key, did you mean "to"?'),
    ],
)
def test_a_mistake_says_where_and_what(text: str, complaint: str) -> None:
    told = wrong(text)
    assert any(complaint in line for line in told), told


def test_ca_file_is_for_tls(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    told = wrong(forward(ca_file=str(tmp_path / "ca.pem")))
    assert any("forward.ca_file: is for mllps://" in line for line in told)


def test_every_mistake_is_told_in_one_go() -> None:
    told = wrong(forward(to="x", tries=-1) + forward(**{"from": "none"}))
    assert len(told) == 3
