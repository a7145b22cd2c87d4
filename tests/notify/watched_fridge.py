"""What a test configures whose fridge wakes somebody: a fridge told by HTTP, and one person in one chain."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

FRIDGE = "tu-lanh-01"
DEVICE = f"""\
[[device]]
id = "{FRIDGE}"
kind = "cold_http"
dialect = "mapped"
[device.mapping]
"temp.vaccine" = {{ value = "t", time = "at" }}
"""
WEBHOOK = """\
[[notify.channel]]
id = "sms"
kind = "webhook"
url = { file = "url" }
"""


def person(channel: str, address_file: str, *more: str) -> str:
    """Somebody who is reached over ``channel``, woken by what is critical with the channels ``more``."""
    beside = f", channels = {json.dumps(list(more))}" if more else ""
    return f"""\
[[notify.person]]
id = "u-an"
reach = [{{ channel = "{channel}", address = {{ file = "{address_file}" }} }}]
[[notify.chain]]
id = "all"
severities = ["critical"]
steps = [{{ persons = ["u-an"]{beside} }}]
"""


def configure(folder: Path, settings: str, secrets: Mapping[str, str]) -> None:
    """Append ``settings`` to the configuration in ``folder``; ``secrets``: its files, by their names."""
    for name, text in secrets.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text, "utf-8")
    with (folder / "epihub.toml").open("a", encoding="utf-8") as config:
        config.write(settings)


def told(value: float, minutes: int, every: int) -> Iterator[bytes]:
    """What the fridge says of the last ``minutes``, until now."""
    now = int(time.time())
    for ago in range(minutes, -1, -every):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - ago * 60))
        yield json.dumps({"t": value, "at": at}).encode()
