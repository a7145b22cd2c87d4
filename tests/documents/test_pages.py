"""What README and docs say exists, and what exists is said there."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from api.app import create_app
from hub.cli.main import app
from hub.config.kinds import Kinds
from hub.config.loader import parse
from simulators.options import parser
from tests.api.province import settings
from tests.documents.pages import Page, pages, read
from tools.commands import COMMANDS
from tools.tree import ROOT

README = read("README.md")
COMMANDS_PAGE = read("docs/commands.md")
EVERYTHING = "\n".join(page.text for page in pages())
WHOLE_CONFIG = ("hub", "site")  # a block with these tables is a configuration by itself
# A figure with a unit of speed or weight: it ages, and belongs beside the command that measures it.
FIGURE = re.compile(
    r"\d[\d.,]*\s*(?:MB|MiB|GB|GiB|KB|KiB|ms|µs|seconds?\b|s\b|/s\b|messages|events a second)"
)


def commands(group: TyperGroup, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


def epihub_group() -> TyperGroup:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return group


EPIHUB_COMMANDS = dict(commands(epihub_group(), "epihub"))


def is_named(command: str) -> bool:
    """With its own options or alone, not as the beginning of another word."""
    return re.search(rf"{re.escape(command)}(?![a-z-])", EVERYTHING) is not None


@pytest.mark.parametrize("command", sorted(EPIHUB_COMMANDS))
def test_every_command_is_named_with_its_options(command: str) -> None:
    rows = [line for line in COMMANDS_PAGE.text.splitlines() if f"`{command}" in line]
    assert rows
    options = {name for option in EPIHUB_COMMANDS[command].params for name in option.opts if name[:2] == "--"}
    assert [name for name in options - {"--help"} if not any(f"`{name}" in row for row in rows)] == []


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_developer_command_is_named(command: str) -> None:
    assert is_named(f"./dev {command}")


def test_a_command_that_does_not_exist_is_not_named() -> None:
    assert not is_named("epihub dance")
    known = {command.split(" ")[1] for command in EPIHUB_COMMANDS}
    named = set(re.findall(r"(?:`|bin/)epihub ([a-z]+)", EVERYTHING))
    assert named <= known, named - known
    assert set(re.findall(r"\./dev ([a-z]+)", EVERYTHING)) <= set(COMMANDS)


@pytest.mark.parametrize("kind", sorted(Kinds.installed()))
def test_every_adapter_has_its_page(kind: str) -> None:
    page = read(f"docs/adapters/{kind}.md")
    assert page.text.startswith(f"# `{kind}`")
    assert f"`{kind}`" in README.text


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Page) -> None:
    assert [link for link in page.links() if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Page, link: str) -> bool:
    """Off the tree only https; otherwise a file or folder, and a heading of it."""
    if re.match(r"[a-z]+:", link):
        return link.startswith("https://")
    name, _, anchor = link.partition("#")
    target = (page.path.parent / name).resolve() if name else page.path
    if not target.exists() or ROOT not in (target, *target.parents):
        return False
    return not anchor or anchor in Page("", target.read_text("utf-8")).anchors()


@pytest.mark.parametrize("link", ["nowhere.md", "docs/api.md#nowhere", "http://example.org", "../outside"])
def test_a_dead_link_is_found(link: str) -> None:
    assert not leads_somewhere(README, link)


def test_every_toml_block_is_toml_and_a_whole_configuration_loads() -> None:
    blocks = [block for page in pages() for block in page.blocks("toml")]
    assert blocks
    for block in blocks:
        if set(WHOLE_CONFIG) <= set(tomllib.loads(block)):
            parse(block, "docs")


def test_every_address_is_a_route_and_takes_its_query(tmp_path: Path) -> None:
    told = create_app(settings(tmp_path, tmp_path / "hub.sock")).openapi()["paths"]
    addresses = re.findall(r"https?://[^/\s]+:8080(/[^\s\"'#]*)", EVERYTHING)
    assert len(addresses) > 3
    for path, _, query in (address.partition("?") for address in addresses):
        operations = _operations(told, path)
        assert operations, path
        known = {parameter["name"] for each in operations for parameter in each.get("parameters", ())}
        assert {part.partition("=")[0] for part in query.split("&") if part} <= known, path


def _operations(told: dict[str, Any], path: str) -> list[dict[str, Any]]:
    """Of the route by that name, else of one with parameters in its path."""
    if path in told:
        return list(told[path].values())
    fits = (each for each in told if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path))
    return [operation for each in fits for operation in told[each].values()]


def test_the_table_of_decisions_lists_every_one_once_with_its_title() -> None:
    index = read("docs/adr/README.md")
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+\.md)\) \| (\w+) \|$", index.text, re.MULTILINE)
    files = {path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md")}
    assert {name for _, _, name, _ in rows} == files
    assert len(rows) == len(files)
    for number, title, name, state in rows:
        page = read(f"docs/adr/{name}")
        assert page.text.startswith(f"# {number}. {title}\n"), name
        assert f"State: {state}" in page.text, name
        assert name.startswith(f"{int(number):04d}-")


def test_readme_states_no_figure_that_ages() -> None:
    """Speed and weight stand in docs/performance.md, beside the command that measures them."""
    assert FIGURE.findall(README.prose) == []
    assert all(map(FIGURE.search, ("weighs 180 MB", "3,000/s", "in 2.5 s", "20 events a second")))


def test_every_simulation_that_is_shown_can_be_typed() -> None:
    shown = re.findall(r"^epihub simulate (.+)$", EVERYTHING, re.MULTILINE)
    assert {parser().parse_args(line.split()).family for line in shown} == {
        "lab",
        "cold-chain",
        "gate",
        "camera",
    }


def test_help_of_the_simulators_is_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        app(["simulate", "lab", "--help"])
    assert "--analyzers" in capsys.readouterr().out
