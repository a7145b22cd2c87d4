"""Lines of keys: every value of a generated document is the number of the line it stands on."""

import contextlib
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config.locate import Path, locate

LINE = "\x00"  # stands for the number of its line until the document is whole
BARE = st.text("abcXYZ019_-", min_size=1, max_size=4)
QUOTED = st.text(st.sampled_from('ab .#[]{}"=,\\\té𝄞'), max_size=5)
NOISE = st.sampled_from(["", "# a = 1", "   ", "\t# [x]", '# """', ""])
STRINGS = st.sampled_from(
    [
        '"x # ] }"',
        "'a\\'",
        '"""a\n"b"" ] \\""""',
        "'''\n[x]\n'y'''''",
        '"""\\\n  z"""""',
        '""',
        "''",
        '""""""',
    ]
)


def basic(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'


KEY = BARE | QUOTED.map(basic)
SPACE = st.sampled_from(["", " ", "\t "])


@st.composite
def dotted(draw: st.DrawFn) -> str:
    parts = draw(st.lists(KEY, min_size=1, max_size=3))
    return f"{draw(SPACE)}.{draw(SPACE)}".join(parts)


@st.composite
def value(draw: st.DrawFn, depth: int = 2) -> str:
    shape = draw(st.integers(0, 5 if depth else 1))
    if shape <= 1:
        return LINE
    if shape == 2:
        return draw(STRINGS)
    if shape == 5:
        pairs = draw(st.lists(st.tuples(dotted(), value(depth - 1)), max_size=3))
        return "{" + ", ".join(f"{key} = {inner}" for key, inner in pairs) + "}"
    gap = st.sampled_from(["", " ", "\n", "\n# ], }\n", " # x\n\n"])
    items = draw(st.lists(st.tuples(gap, value(depth - 1), gap), max_size=3))
    comma = draw(st.sampled_from(["", ","])) if items else ""
    return "[" + ",".join(a + inner + b for a, inner, b in items) + comma + draw(gap) + "]"


@st.composite
def statement(draw: st.DrawFn) -> str:
    shape = draw(st.integers(0, 5))
    if shape == 0:
        return f"{draw(SPACE)}[{draw(SPACE)}{draw(dotted())}{draw(SPACE)}] # x"
    if shape == 1:
        return f"[[{draw(SPACE)}{draw(dotted())} ]]"
    if shape == 2:
        return draw(NOISE)
    return f"{draw(SPACE)}{draw(dotted())}{draw(SPACE)}={draw(SPACE)}{draw(value())}{draw(SPACE)}"


def numbered(document: str) -> str:
    return "\n".join(line.replace(LINE, str(n)) for n, line in enumerate(document.split("\n"), 1))


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Documents that tomllib accepts: a statement that would contradict an earlier one is left out."""
    document = ""
    for line in draw(st.lists(statement(), max_size=14)):
        try:
            tomllib.loads(numbered(document + line + "\n"))
        except tomllib.TOMLDecodeError:
            continue
        document += line + "\n"
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    return numbered(document).replace("\n", ending)


def leaves(value: Any, path: Path = ()) -> dict[Path, Any]:
    inner = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}
    return {path: value} | {
        k: v for key, child in inner.items() for k, v in leaves(child, (*path, key)).items()
    }


@pytest.mark.slow
@given(documents())
def test_every_path_is_found_on_its_line(text: str) -> None:
    expected = leaves(tomllib.loads(text))
    del expected[()]
    found = locate(text)
    assert found.keys() == expected.keys()
    assert {p: found[p] for p, v in expected.items() if type(v) is int} == {
        p: v for p, v in expected.items() if type(v) is int
    }


@given(st.text(st.sampled_from("ab=.[]{}\",'\n# \\"), max_size=60))
def test_what_is_no_toml_still_ends(text: str) -> None:
    with contextlib.suppress(tomllib.TOMLDecodeError):
        locate(text)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("site",), 1),
        (("site", 0), 1),
        (("site", 1), 4),
        (("site", 1, "id"), 5),
        (("site", 1, "more"), 6),
        (("site", 1, "more", "x", 1), 9),
        (("bus", "user", 0, "password", "env"), 13),
    ],
)
def test_the_shapes_of_our_own_file(path: Path, line: int) -> None:
    text = """\
[[site]]
id = "a"

[[site]]
id = "b"
[site.more]
x = [
  1,
  2,
]
[[bus.user]]
name = "x"
password = { env = "X" }
"""
    assert locate(text)[path] == line


def test_deep_and_long_values_need_no_recursion() -> None:
    text = "a = " + "[" * 5000 + "]" * 5000 + "\nb = '''" + "x" * 500_000 + "'''\nc = 1\n"
    assert locate(text)[("c",)] == 3
