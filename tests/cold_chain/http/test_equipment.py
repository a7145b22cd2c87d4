"""What the configuration says of an appliance reaches the API; nothing measured can stand there."""

from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from adapters.cold_chain.cce.fields import FIELDS
from adapters.cold_chain.sensor_config import Equipment
from hub.config.kinds import Kinds
from hub.config.loader import parse
from hub.runtime.console_place import ApiOf
from hub.runtime.wiring import Wiring
from tests.cold_chain.http.transfers import EMS_HEADER, RTM_HEADER, appliance

CONFIG = """
[hub]
name = "a"
[[site]]
id = "kho"
name = "Kho"
kind = "vaccine-store"
district = "731"
[[device]]
id = "tu-lanh-01"
kind = "cold_http"
equipment = { AMFR = "Vestfrost", LSER = "log-0042" }
[[device]]
id = "tu-lanh-02"
kind = "cold_mqtt"
dialect = "zigbee2mqtt"
topic = "zigbee2mqtt/tu-lanh-02"
equipment = { AMOD = "VLS 204A" }
"""


def test_it_reaches_the_api(tmp_path: Path) -> None:
    wiring = Wiring(parse(CONFIG, "test", base=tmp_path, kinds=Kinds.installed()), {})
    own = ApiOf("both", tmp_path / "control.sock", tmp_path / "control.sock")
    first, second = wiring.api_settings(own)["devices"]
    assert (first["cce.AMFR"], first["cce.LSER"], second["cce.AMOD"]) == ("Vestfrost", "log-0042", "VLS 204A")


def test_every_text_of_a_report_has_its_place() -> None:
    named = set(get_args(Equipment))
    assert (EMS_HEADER | RTM_HEADER).keys() - {"AMID", "DLST"} <= named
    assert not named & FIELDS.keys()


@pytest.mark.parametrize("wrong", [{"TVC": "4"}, {"AMFR": ""}, {"AMFR": "x" * 129}])
def test_anything_else_is_a_mistake(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        appliance(equipment=wrong)
