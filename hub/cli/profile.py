"""``epihub profile``: analyzers without code, and codes that nobody knew when their results came."""

import secrets
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, Protocol, get_args

import typer

from hub.cli.captures import call
from hub.contract import Fact, Interpretation, Pseudonyms
from hub.errors import OperatorError
from hub.payloads import Call, LabResult, Target
from hub.streams.clock import now_ms
from hub.unmapped_codes import unmapped_codes

GROUP = "epihub.profiles"
MOST_CAPTURE_BYTES = 256 << 20
EXIT_FINDING = 1
CALLS = tuple(each for each in get_args(Call) if each != "UNMAPPED")
COLUMNS = ("specimen", "test", "call", "target", "says", "value", "ct", "status", "control", "key")

app = typer.Typer(no_args_is_help=True, help="Profiles of analyzers: list, begin, try; codes nobody knew.")
Data = Annotated[Path, typer.Option("--data", help="Data directory of the running epihub.")]
DEFAULT_DATA = Path("data")


class Desk(Protocol):
    """What stands behind the entry point ``epihub.profiles``."""

    def listed(self) -> list[tuple[str, str, str]]: ...

    def template(self, model: str) -> str: ...

    def text_of(self, name: str) -> str: ...

    def with_word(self, text: str, word: str, call: str) -> str: ...

    def read(
        self, profile: str, raw: bytes, form: str, pseudonyms: Pseudonyms, received_ms: int
    ) -> list[Interpretation]: ...


def desk() -> Desk:
    """Raises OperatorError where no family of adapters has profiles."""
    for door in entry_points(group=GROUP):
        found: Desk = door.load()()
        return found
    raise OperatorError("no adapter of this installation has profiles")


@app.command("list")
def list_profiles() -> None:
    """The packaged profiles, with the sources of their rules."""
    for name, model, source in desk().listed():
        typer.echo(f"{name:16} {model or '-':18} {source}")


@app.command()
def new(name: Annotated[str, typer.Argument(help="Of the model: cfx96; the file is NAME.toml.")]) -> None:
    """Write a profile with every rule in it, at rest."""
    path = Path(name if name.endswith(".toml") else f"{name}.toml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(desk().template(path.stem))
    except FileExistsError as error:
        raise OperatorError(f"{path} exists; nothing was changed") from error
    typer.echo(f"{path}: fill in source and specimen, then: epihub profile test {path} CAPTURE")


@app.command("map")
def map_word(
    file: Annotated[Path, typer.Argument(help="A profile of your own.")],
    word: Annotated[str, typer.Argument(help="What the machine says, whole: 'Amplified'.")],
    call: Annotated[str, typer.Argument(help=f"What it means: {', '.join(CALLS)}.")],
    like: Annotated[str, typer.Option(help="Where FILE is not there: begin it as this packaged one.")] = "",
) -> None:
    """Add what a word of the machine means; then replay the device."""
    if call not in CALLS:
        raise OperatorError(f"a call is one of {', '.join(CALLS)}")
    if file.suffix != ".toml":
        raise OperatorError("a profile of your own is a file NAME.toml")
    text = file.read_text("utf-8") if file.exists() else desk().text_of(like) if like else None
    if text is None:
        raise OperatorError(f"{file} is not there; --like NAME begins it as a packaged one")
    changed = desk().with_word(text, word, call)
    temporary = file.with_name(f".{file.name}.new")
    temporary.write_text(changed, "utf-8")
    temporary.replace(file)
    typer.echo(f'{file}: with profile = "{file}" at the device: epihub profile replay DEVICE')


@app.command("test")
def try_profile(
    profile: Annotated[str, typer.Argument(metavar="FILE", help="A file, or the name of a packaged one.")],
    capture: Annotated[Path, typer.Argument(help="What the machine sent, with or without framing.")],
    astm: Annotated[bool, typer.Option("--astm", help="It is ASTM, whatever it looks like.")] = False,
    hl7: Annotated[bool, typer.Option("--hl7", help="It is HL7, whatever it looks like.")] = False,
    table: Annotated[bool, typer.Option("--table", help="It is a table, whatever it looks like.")] = False,
) -> None:
    """What would be published of a capture, nothing personal. Ends with 1 where something is amiss."""
    said = [name for name, chosen in (("astm", astm), ("hl7", hl7), ("table", table)) if chosen]
    if len(said) > 1:
        raise OperatorError("a capture is one of ASTM, HL7 and a table")
    if capture.stat().st_size > MOST_CAPTURE_BYTES:
        raise OperatorError(f"{capture}: over {MOST_CAPTURE_BYTES >> 20} MiB")
    read = desk().read(profile, capture.read_bytes(), "".join(said), _passing_key(), now_ms())
    facts = [fact for each in read for fact in each.facts]
    rows = [COLUMNS, *(row for fact in facts for row in _rows(fact))]
    for line in _aligned(rows) if facts else ():
        typer.echo(line)
    problems = [problem for each in read for problem in each.problems]
    for problem in problems:
        typer.echo(f"problem: {problem.reason}" + (f" ({problem.place})" if problem.place else ""))
    unmapped = sum(_is_unmapped(fact) for fact in facts)
    typer.echo(
        f"{len(read)} messages, {len(facts)} results, {unmapped} unmapped, {len(problems)} problems", err=True
    )
    if problems or unmapped or not facts:
        raise typer.Exit(EXIT_FINDING)


def _passing_key() -> Pseudonyms:
    """Pseudonyms under a key of this run only: what is printed cannot be joined with anything."""
    from hub.pseudonyms import KeyedPseudonyms

    return KeyedPseudonyms(secrets.token_bytes(32), weak=True)


def _is_unmapped(fact: Fact) -> bool:
    return isinstance(fact.payload, LabResult) and bool(unmapped_codes(fact.payload))


def _rows(fact: Fact) -> Iterator[tuple[str, ...]]:
    result = fact.payload
    if not isinstance(result, LabResult):
        return
    for target in result.targets or (Target("-", call=result.call),):
        number = "" if target.value is None else f"{target.value:g}"
        value = f"{target.comparator or ''}{number} {target.unit or ''}"
        yield (
            result.specimen, result.test.code, result.call, target.code, target.call, value.strip() or "-",
            "-" if target.ct is None else f"{target.ct:g}", result.status, "yes" if result.control else "-",
            fact.key,
        )  # fmt: skip


def _aligned(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


@app.command("unmapped")
def list_unmapped(
    data: Data = DEFAULT_DATA,
    device: Annotated[str, typer.Option(help="Of this device only.")] = "",
) -> None:
    """Codes whose results nobody understood, counted in what this edge keeps."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for item in _pages(data, device):
        counts.update((item["device"], test, target) for test, target in item["unmapped"])
    for (name, test, target), count in counts.most_common():
        typer.echo(f"{count:>8}  {name:20} {test}  {target}")
    typer.echo(f"{len(counts)} codes", err=True)


@app.command("replay")
def replay_device(device: str, data: Data = DEFAULT_DATA) -> None:
    """Take the device's profile anew, and read every kept message with an unmapped result again."""
    call(data, "unmapped.reread", device=device)
    captures = [item["capture"] for item in _pages(data, device)]
    done = [call(data, "quarantine.replay", capture=capture) for capture in captures]
    events = sum(int(each["events"]) for each in done)
    left = sum(1 for _ in _pages(data, device))
    typer.echo(f"{len(captures)} messages read again, {events} new events, {left} still unmapped")


def _pages(data: Path, device: str) -> Iterator[dict[str, Any]]:
    """Every capture with an unmapped result: its device and its (test, target) codes."""
    before: list[int] | None = None
    while True:
        given: dict[str, Any] = {"before": before} if before else {}
        page = call(data, "unmapped.page", device=device, **given)
        yield from page["items"]
        before = page["next"]
        if before is None:
            return
