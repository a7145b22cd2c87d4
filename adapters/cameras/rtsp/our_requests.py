"""Requests that we make of a camera, one outstanding at a time: numbered, with our login and our session."""

from collections.abc import Callable

from adapters.cameras.rtsp.authorization import Authorization
from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.messages import Message, request

_HEADERS = {
    "DESCRIBE": {"Accept": "application/sdp"},
    "SETUP": {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"},
    "PLAY": {"Range": "npt=0.000-"},
}


class OurRequests:
    """``asked``: the method whose reply is outstanding, or empty. ``session``: once SETUP gave one."""

    def __init__(self, url: str, login: Login | None, new_cnonce: Callable[[], str]) -> None:
        self.asked = ""
        self.session = ""
        self._url = url
        self._track_url = url
        self._stream_url = url
        self._authorization = Authorization(login, new_cnonce)
        self._cseq = 0
        self._tries = 0  # of the one that is outstanding, with a login

    def described(self, track_url: str, stream_url: str) -> None:
        """What SETUP names, and what all after it do."""
        self._track_url, self._stream_url = track_url, stream_url

    def ask(self, method: str, tries: int = 0) -> bytes:
        """The request; its reply is awaited from now on."""
        self._cseq += 1
        self.asked, self._tries = method, tries
        url = self._url_of(method)
        headers = dict(_HEADERS.get(method, {}))
        if self.session:
            headers["Session"] = self.session
        if authorized := self._authorization.header(method, url):
            headers["Authorization"] = authorized
        return request(method, url, self._cseq, headers)

    def answered_by(self, reply: Message) -> str:
        """The method that ``reply`` answers for good; empty: it answers another, or only says: wait."""
        is_old = reply.cseq is not None and reply.cseq != self._cseq
        if is_old or reply.status < 200:
            return ""
        method, self.asked = self.asked, ""
        if reply.status != 401:
            self._authorization.accepted()
        return method

    def again(self, method: str, refusal: Message) -> bytes | None:
        """The request once more, with what a 401 asks for; None: that was tried."""
        challenges = refusal.headers.get("www-authenticate", ())
        return (
            self.ask(method, self._tries + 1)
            if self._authorization.challenged(challenges, self._tries)
            else None
        )

    def _url_of(self, method: str) -> str:
        if method in ("OPTIONS", "DESCRIBE"):
            return self._url
        return self._track_url if method == "SETUP" else self._stream_url
