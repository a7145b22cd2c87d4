"""WS-Discovery (OASIS 2005/04, as ONVIF Core 7.3 takes it): the question who is a camera, and the answers."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from adapters.cameras.onvif.markup import Element, UnreadableMarkup, read_markup

GROUP, PORT = "239.255.255.250", 3702
LONGEST_TEXT = 64
_MOST_MATCHES = 16  # in one answer
_SCOPE = "onvif://www.onvif.org/"
_PROBE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
    ' xmlns:n="http://www.onvif.org/ver10/network/wsdl">'
    "<e:Header><w:MessageID>{message_id}</w:MessageID>"
    "<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
    "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>"
    "<e:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
)


@dataclass(frozen=True, slots=True)
class AnsweredCamera:
    """``address``: who sent the answer, not what it says of itself. ``onvif_port``: where its services are.

    Texts are its own, printable and at most 64 characters.
    """

    address: str
    onvif_port: int
    name: str = ""
    hardware: str = ""
    location: str = ""


def probe(message_id: str) -> bytes:
    """``message_id``: ``urn:uuid:…``, which answers repeat."""
    return _PROBE.format(message_id=message_id).encode()


def read_answer(raw: bytes, message_id: str, sender: str) -> tuple[AnsweredCamera, ...]:
    """The cameras of one datagram; none: it is no answer to this question."""
    try:
        root = read_markup(raw)
    except UnreadableMarkup:
        return ()
    if root.says("Header", "RelatesTo") != message_id:
        return ()
    matches = [*root.all("ProbeMatch")][:_MOST_MATCHES]
    return tuple(_camera(match, sender) for match in matches)


def _camera(match: Element, sender: str) -> AnsweredCamera:
    scopes = [each.removeprefix(_SCOPE) for each in match.says("Scopes").split() if each.startswith(_SCOPE)]
    said = {kind: _plain(value) for kind, _, value in (each.partition("/") for each in reversed(scopes))}
    port = _port(match.says("XAddrs").split(), sender)
    return AnsweredCamera(
        sender, port, said.get("name", ""), said.get("hardware", ""), said.get("location", "")
    )


def _port(addresses: list[str], sender: str) -> int:
    """Of its own address where it names that, else of the first; 80 where none can be read."""
    ports: dict[str, int] = {}
    for each in addresses:
        try:
            parts = urlsplit(each)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            continue
        if parts.scheme in ("http", "https") and parts.hostname:
            ports.setdefault(parts.hostname, port)
    return ports.get(sender) or next(iter(ports.values()), 80)


def _plain(text: str) -> str:
    return "".join(each for each in unquote(text) if each.isprintable())[:LONGEST_TEXT]
