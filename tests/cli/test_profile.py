"""`epihub profile`: begin one, try one on a capture, and give codes their words afterwards."""

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.lab_analyzers.profiles import FOLDER, Profile, load_profile
from hub.cli.main import main
from tests.lab_analyzers.astm.lines import SESSION
from tests.lab_analyzers.line import framed, oru

CASES = Path(__file__).parents[1] / "cases" / "hl7_mllp"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["epihub", "profile", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), told.out, told.err

    return command


def kept(tmp_path: Path, raw: bytes) -> Path:
    path = tmp_path / "capture.bin"
    path.write_bytes(raw)
    return path


def test_list_names_every_profile_with_its_source(run: Run) -> None:
    code, out, _ = run("list")
    assert code == 0
    assert "cobas-6800       cobas 6800/8800    OUL^R22" in out


def test_a_new_profile_is_valid_and_holds_every_rule(run: Run, tmp_path: Path) -> None:
    assert run("new", "cfx-9")[0] == 0
    path = tmp_path / "cfx-9.toml"
    assert load_profile(str(path)).model == "cfx-9"
    awake = "\n".join(line[1:] if line[:1] == "#" != line[1:2] and line[1:2] != " " else line
                      for line in path.read_text("utf-8").splitlines())  # fmt: skip
    rules = tomllib.loads(awake)
    assert set(rules) == set(Profile.model_fields)
    assert set(rules["records"]) == set(Profile.model_fields["records"].annotation.model_fields)  # type: ignore[union-attr]
    assert Profile.model_validate(rules | {"words": {"amplified": "POS"}}).words == {"amplified": "POS"}
    code, _, err = run("new", "cfx-9")
    assert (code, "cfx-9.toml exists" in err) == (1, True)


def test_a_capture_shows_what_would_be_published(run: Run, tmp_path: Path) -> None:
    raw = (CASES / "cobas6800_titer_range_and_invalid" / "input.bin").read_bytes()
    code, out, err = run("test", "cobas-6800", kept(tmp_path, raw))
    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    assert lines[0][:4] == ["specimen", "test", "call", "target"]
    assert lines[1][:8] == ["DN6801", "70241-5", "POS", "HIV", "POS", "76.3", "{Copies}/mL", "31.07"]
    assert "6 messages, 6 results, 0 unmapped, 0 problems" in err


@pytest.mark.parametrize(
    ("raw", "options"),
    [(framed(oru()), ()), (oru(), ()), (oru(), ("--hl7",)), (b"\r\n" + oru() + oru("M2"), ())],
    ids=["framed", "bare", "said", "two"],
)
def test_framing_or_none_is_the_same(run: Run, tmp_path: Path, raw: bytes, options: tuple[str, ...]) -> None:
    code, out, _ = run("test", "generic", kept(tmp_path, raw), *options)
    assert code == 0
    assert out.splitlines()[1].split()[:3] == ["SP-1", "94500-6", "POS"]


def test_astm_sessions_are_joined(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("test", "generic", kept(tmp_path, SESSION))
    assert (code, out.splitlines()[1].split()[0]) == (0, "S-1")


def test_nothing_personal_is_printed(run: Run, tmp_path: Path) -> None:
    raw = oru(
        specimen="Nguyễn Văn A", obr="OBR|1|0912345678|Nguyen Van A|T^Lê B", obx=["OBX|1|ST|T||Phạm C||||||F"]
    )
    code, out, err = run("test", "generic", kept(tmp_path, raw))
    assert code == 1  # a result that nobody understands
    for name in ("Nguy", "0912345678", "Lê", "Phạm", "P77", "Ánh"):
        assert name not in out + err
    assert out.splitlines()[1].startswith("h:")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"\x00\xff no message", "problem: astm.no_header"),
        (oru(obr="OBR|1|||T"), "problem: hl7.no_specimen (segment 3)"),
        (framed(oru())[:-9], "problem: mllp.incomplete"),
        (SESSION.replace(b"NEGATIVE", b"POSITIVE"), "problem: astm.checksum"),
    ],
    ids=["noise", "no-specimen", "cut", "checksum"],
)
def test_problems_are_told_with_their_place(run: Run, tmp_path: Path, raw: bytes, told: str) -> None:
    code, out, _ = run("test", "generic", kept(tmp_path, raw))
    assert code == 1
    assert told in out


def test_a_wrong_profile_or_capture_is_told(run: Run, tmp_path: Path) -> None:
    assert run("test", "no-such", kept(tmp_path, oru()))[0] == 2
    assert run("test", "generic", tmp_path / "none.bin")[0] == 1
    assert run("test", "generic", kept(tmp_path, oru()), "--astm", "--hl7")[0] == 1


def test_json_of_nothing_is_no_capture(run: Run, tmp_path: Path) -> None:
    assert run("test", "generic", kept(tmp_path, json.dumps({}).encode()))[0] == 1
    assert run("test", "generic", kept(tmp_path, b""))[0] == 1


def test_a_table_is_known_where_the_profile_has_one(run: Run, tmp_path: Path) -> None:
    path = kept(tmp_path, b"SampleID;TargetName;Interpretation\nDN-1;VIH-1;Negative\n")
    for options in ((), ("--table",)):
        code, out, _ = run("test", "fluorocycler", path, *options)
        assert (code, out.splitlines()[1].split()[:3]) == (0, ["DN-1", "VIH-1", "NEG"])
    assert run("test", "generic", path, "--table")[0] == 1


def test_a_word_is_mapped_with_one_command_and_all_else_stays(run: Run, tmp_path: Path) -> None:
    capture = kept(tmp_path, framed(oru(obx=["OBX|1|ST|94500-6^X^LN||  KẾT  QUẢ lạ||||||F"])))
    assert "1 unmapped" in run("test", "generic", capture)[2]
    code, out, _ = run("map", "ours.toml", "kết quả LẠ", "POS", "--like", "generic")
    assert (code, "epihub profile replay DEVICE" in out) == (0, True)
    code, out, err = run("test", tmp_path / "ours.toml", capture)
    assert (code, "0 unmapped" in err, " POS " in out) == (0, True, True)
    before = (tmp_path / "ours.toml").read_text("utf-8")
    assert run("map", "ours.toml", "Kết quả lạ", "POS")[0] == 0
    assert (tmp_path / "ours.toml").read_text("utf-8") == before, "said already"
    packaged = (FOLDER / "generic.toml").read_text("utf-8")
    assert before.startswith(packaged.rstrip())


def test_a_word_goes_to_the_words_that_are_there(run: Run, tmp_path: Path) -> None:
    assert run("map", "ours.toml", 'Một "lời" \\ khác', "NEG", "--like", "genexpert")[0] == 0
    ours, theirs = load_profile(str(tmp_path / "ours.toml")), load_profile("genexpert")
    assert ours.words == theirs.words | {'một "lời" \\ khác': "NEG"}
    assert ours.model_copy(update={"words": theirs.words}) == theirs


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("ours.toml", "X", "MAYBE", "--like", "generic"), "a call is one of POS, NEG"),
        (("ours.toml", "X", "UNMAPPED", "--like", "generic"), "a call is one of"),
        (("ours.txt", "X", "POS", "--like", "generic"), "NAME.toml"),
        (("ours.toml", "X", "POS"), "--like NAME"),
        (("ours.toml", "X", "POS", "--like", "../generic"), "no profile ../generic"),
        (("ours.toml", " ", "POS", "--like", "generic"), "characters"),
        (("ours.toml", "a\nb", "POS", "--like", "generic"), "characters"),
        (("ours.toml", "MTB DETECTED", "NEG", "--like", "genexpert"), "the profile says POS for it"),
    ],
)
def test_what_cannot_be_mapped_changes_nothing(
    run: Run, tmp_path: Path, given: tuple[str, ...], told: str
) -> None:
    code, _, err = run("map", *given)
    assert code != 0
    assert told in err
    assert not list(tmp_path.glob("*ours*"))
