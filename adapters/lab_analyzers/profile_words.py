"""A word of a machine added to a profile's text, which keeps its comments and its order. Pure."""

import json
import re
import tomllib

from adapters.lab_analyzers.calls import plain
from hub.errors import OperatorError

MAX_WORD_CHARACTERS = 200
_WORDS = re.compile(r"^\[words\][ \t]*(#.*)?$", re.MULTILINE)


def with_word(text: str, word: str, call: str) -> str:
    """The same profile in which ``word`` means ``call``; raises OperatorError where it has another one."""
    if not word.strip() or len(word) > MAX_WORD_CHARACTERS or not word.isprintable():
        raise OperatorError(f"a word has 1 to {MAX_WORD_CHARACTERS} characters that can be printed")
    known = {plain(each): said for each, said in _words_of(text).items()}
    said = known.get(plain(word))
    if said == call:
        return text
    if said is not None:
        raise OperatorError(f"the profile says {said} for it; change it there")
    line = f"{json.dumps(' '.join(word.split()), ensure_ascii=False)} = {json.dumps(call)}"
    begin = _WORDS.search(text)
    if begin:
        return f"{text[: begin.end()]}\n{line}{text[begin.end() :]}"
    return f"{text.rstrip()}\n\n[words]\n{line}\n"


def _words_of(text: str) -> dict[str, object]:
    try:
        words = tomllib.loads(text).get("words", {})
    except tomllib.TOMLDecodeError as error:
        raise OperatorError(f"the profile is no TOML: {error}") from error
    if not isinstance(words, dict):
        raise OperatorError("the profile's words are no table")
    return words
