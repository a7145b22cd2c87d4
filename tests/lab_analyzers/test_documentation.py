"""The adapter's page names every setting, profile and reason, and its example profile is one."""

import re
import tomllib
from pathlib import Path

import pytest

from adapters.lab_analyzers.analyzer import Match
from adapters.lab_analyzers.file_drop import FileDropConfig
from adapters.lab_analyzers.hl7_mllp import Hl7MllpConfig
from adapters.lab_analyzers.profiles import Profile, load_profile, names
from hub.contract import DeviceConfig
from hub.errors import ConfigError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adapters" / "hl7_mllp.md").read_text(encoding="utf-8")
FILE_DROP = (ROOT / "docs" / "adapters" / "file_drop.md").read_text(encoding="utf-8")
PROFILES = (ROOT / "docs" / "adapters" / "profiles.md").read_text(encoding="utf-8")
CODE = "".join(
    path.read_text(encoding="utf-8")
    for folder in ("lab_analyzers", "lab_analyzers/workbooks")
    for path in (ROOT / "adapters" / folder).glob("*.py")
)
SETTINGS = (set(Hl7MllpConfig.model_fields) - set(DeviceConfig.model_fields)) | set(Match.model_fields)
REASONS = set(re.findall(r'"((?:mllp|hl7|link)\.[a-z_]+)"', CODE)) | set(
    re.findall(
        r'"(orders?\.[a-z_]+)"',
        "".join(
            path.read_text(encoding="utf-8")
            for path in (ROOT / "adapters" / "lab_analyzers").glob("hl7_*.py")
        ),
    )
)


@pytest.mark.parametrize("word", sorted(SETTINGS | REASONS))
def test_page_names(word: str) -> None:
    assert f"`{word}`" in PAGE


OF_FILES = set(FileDropConfig.model_fields) - set(DeviceConfig.model_fields)
REASONS_OF_FILES = set(re.findall(r'"((?:file|table)\.[a-z_]+)"', CODE))


@pytest.mark.parametrize("word", sorted(OF_FILES | REASONS_OF_FILES))
def test_file_drop_page_names(word: str) -> None:
    assert f"`{word}`" in FILE_DROP


@pytest.mark.parametrize("name", names())
def test_every_profile_is_listed_with_what_shows_it(name: str) -> None:
    assert f"\n| `{name}` |" in PROFILES


def test_the_example_profile_is_valid() -> None:
    example = PAGE.rsplit("```toml", 1)[1].split("```")[0]
    profile = Profile.model_validate(tomllib.loads(example))
    assert profile.specimen[0].segment == "SPM"


@pytest.mark.parametrize(
    "content",
    [
        "model = 3",
        "source = 'x'\nspecimen = ['OBR3']",
        "source = 'x'\nspecimen = []\nct_note = '('",
        "x = = 1",
        "words = 1",
    ],
)
def test_a_wrong_profile_names_its_file(content: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"own\.toml"):
        load_profile(str(path))


def test_a_profile_that_is_not_there_lists_the_others() -> None:
    with pytest.raises(ConfigError, match="genexpert"):
        load_profile("genxpert")
