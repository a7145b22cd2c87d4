"""What a person does with profiles: list them, begin one, and see what one makes of a capture.

The entry point ``epihub.profiles`` leads here, so that the command line needs no adapter's name.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from adapters.lab_analyzers.message_files import READERS, form_of, messages
from adapters.lab_analyzers.profile_template import template
from adapters.lab_analyzers.profile_words import with_word
from adapters.lab_analyzers.profiles import FOLDER, Profile, load_profile, names
from hub.contract import Interpretation, MalformedFrame, Pseudonyms
from hub.errors import OperatorError

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_SITE = "site"


class ProfileDesk:
    """Profiles of laboratory analyzers."""

    def listed(self) -> list[tuple[str, str, str]]:
        """(name, model, source) of each packaged profile."""
        return [(name, profile.model, profile.source) for name, profile in _packaged()]

    def template(self, model: str) -> str:
        """The text of a new profile."""
        return template(model)

    def text_of(self, name: str) -> str:
        """The text of a packaged profile; raises OperatorError."""
        if name not in names():
            raise OperatorError(f"no profile {name} is packaged; there are {', '.join(names())}")
        return (FOLDER / f"{name}.toml").read_text("utf-8")

    def with_word(self, text: str, word: str, call: str) -> str:
        """``text`` with what a word of the machine means; raises OperatorError."""
        return with_word(text, word, call)

    def read(
        self, profile: str, raw: bytes, form: str, pseudonyms: Pseudonyms, received_ms: int
    ) -> list[Interpretation]:
        """What each message of a capture means; ``form``: "hl7", "astm", "table", "": the bytes tell it.

        Raises ConfigError for a profile that is wrong.
        """
        rules = load_profile(profile)
        kind = form or form_of(raw, rules)
        reader = READERS[kind](rules, pseudonyms, _SITE, _ZONE)
        return [
            Interpretation(problems=(found,))
            if isinstance(found, MalformedFrame)
            else reader.interpret(found, received_ms)
            for found in messages(raw, kind)
        ]


def _packaged() -> Iterator[tuple[str, Profile]]:
    for name in names():
        yield name, load_profile(name)
