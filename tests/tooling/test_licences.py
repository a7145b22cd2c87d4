"""Which licences a run-time dependency may have."""

from email.message import Message

import pytest

from tools.licences import acceptable, declared


def package(**headers: str | list[str]) -> Message:
    message = Message()
    for name, value in headers.items():
        for text in value if isinstance(value, list) else [value]:
            message[name.replace("_", "-")] = text
    return message


BSD = "License :: OSI Approved :: BSD License"
GPL = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
LGPL = "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)"


@pytest.mark.parametrize(
    "found",
    [
        package(License_Expression="MIT"),
        package(License_Expression="EPL-2.0 OR BSD-3-Clause"),
        package(License_Expression="GPL-3.0-only OR Apache-2.0"),
        package(License_Expression="Apache-2.0 AND MPL-2.0"),
        package(Classifier=[BSD]),
        package(Classifier=["License :: OSI Approved", BSD]),
        package(Classifier=[LGPL]),
        package(License="BSD-3-Clause\nCopyright (c) somebody"),
    ],
)
def test_allowed(found: Message) -> None:
    assert acceptable(declared(found))


@pytest.mark.parametrize(
    "found",
    [
        package(License_Expression="GPL-3.0-or-later"),
        package(License_Expression="AGPL-3.0-only"),
        package(License_Expression="MIT AND GPL-2.0-only"),
        package(Classifier=[GPL]),
        package(Classifier=[BSD, GPL]),
        package(License="Proprietary"),
        package(),
    ],
)
def test_refused(found: Message) -> None:
    assert not acceptable(declared(found))
