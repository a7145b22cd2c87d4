"""Our login as a camera wants it (RFC 2326 takes it from HTTP): Digest where it is offered, else Basic.

A wrong password is tried once: cameras lock an account after a few.
"""

import re
from collections.abc import Callable, Sequence

from adapters.cameras.rtsp.login import Login
from hub.streams.http_credentials import Asked, authorization, challenge_parts, is_spoken

_MOST_CHALLENGES = 8
_LONGEST_CHALLENGE = 2000
_SCHEME = re.compile(r"(?:^|,)\s*(?=(?:Basic|Digest)\s)", re.IGNORECASE)


class Authorization:
    """One session's. ``new_cnonce``: fresh random text for each answer."""

    def __init__(self, login: Login | None, new_cnonce: Callable[[], str]) -> None:
        self._login = login
        self._new_cnonce = new_cnonce
        self._challenge = ""
        self._count = 0
        self._was_accepted = False

    def header(self, method: str, url: str) -> str | None:
        """For a request; None before the camera asked."""
        if self._login is None or not self._challenge:
            return None
        self._count += 1
        user = (self._login.username, self._login.password, self._new_cnonce())
        return authorization(self._challenge, Asked(method, url), *user, self._count)

    def accepted(self) -> None:
        """A request that had a header was not refused with 401."""
        self._was_accepted = bool(self._challenge)

    def challenged(self, challenges: Sequence[str], tries: int) -> bool:
        """A request was refused, ``tries`` of it with a header; whether it is worth another.

        It is once when it had none, and once more when only the nonce was old (stale, or this login was
        accepted before).
        """
        best = _best(challenges)
        is_stale = challenge_parts(best).get("stale", "").lower() == "true"
        may_try = tries == 0 or (tries <= 2 and is_stale) or (tries == 1 and self._was_accepted)
        self._challenge, self._count = best, 0
        return bool(best) and self._login is not None and may_try and is_spoken(best)


def _best(challenges: Sequence[str]) -> str:
    """The strongest that is spoken; Basic only where no Digest is offered. Empty: none."""
    offered = [each.strip() for text in challenges[:_MOST_CHALLENGES] for each in _apart(text)]
    digests = [each for each in offered if each.lower().startswith("digest")]
    if not digests:
        return next((each for each in offered if each.lower().startswith("basic")), "")
    spoken = [each for each in digests if is_spoken(each)]
    strong = [each for each in spoken if _algorithm(each) == "sha-256"]
    return next(iter(strong or spoken), "")


def _apart(text: str) -> list[str]:
    """Challenges that stand in one header."""
    return [part for part in _SCHEME.split(text[:_LONGEST_CHALLENGE]) if part.strip()]


def _algorithm(challenge: str) -> str:
    return challenge_parts(challenge).get("algorithm", "md5").lower()
