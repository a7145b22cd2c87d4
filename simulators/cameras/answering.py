"""What a camera answers to each request (RFC 2326 10), and what its faults make of it."""

import re
import secrets
from urllib.parse import urlsplit

from simulators.cameras.camera_connection import CameraConnection
from simulators.cameras.live_camera import LiveCamera
from simulators.cameras.rtsp_requests import Request, reply
from simulators.cameras.session_description import description
from simulators.cameras.simulated_camera import CameraState

METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
ENDLESS = b"X-Nonsense: " + b"z" * 1000 + b"\r\n"
MICROPHONE = "/trackID=2"
_CHANNELS = re.compile(r"interleaved=(\d{1,3})-(\d{1,3})")
_PORTS = re.compile(r"client_port=(\d{1,5})-(\d{1,5})")


def answer(connection: CameraConnection, request: Request) -> bytes:
    """The reply; empty where nothing is answered."""
    live = connection.find(urlsplit(request.target).path)
    if live is None:
        return reply(request, 404)
    if connection.live is not live:
        connection.leave()
        connection.live = live
        live.state.counters.connections += 1
    state = live.state
    state.counters.requests[request.method] += 1
    out = _by_fault(connection, state, request)
    if out is None:
        out = _refused(state, request) or _answers(connection, live, request)
    if out.startswith(b"RTSP/1.0 "):
        state.counters.answers[int(out[9:12])] += 1
    return out


def _by_fault(connection: CameraConnection, state: CameraState, request: Request) -> bytes | None:
    faults = state.faults
    if "mute" in faults and faults["mute"]["method"] in ("", request.method):
        return b""
    if "bad_reply" in faults:
        return b"HTTP/1.1 200 OK\r\nServer: not a camera\r\n\r\n<html>"
    if "endless_reply" in faults:
        return b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n" + ENDLESS * 2000
    if "status" in faults and faults["status"]["method"] == request.method:
        return reply(request, int(faults["status"]["code"]))
    if "redirect" in faults and request.method == "DESCRIBE":
        return reply(request, 302, {"Location": str(faults["redirect"]["to"])})
    if "expired_session" in faults and request.method == faults["expired_session"]["method"]:
        connection.leave()
        return reply(request, 454)
    return None


def _refused(state: CameraState, request: Request) -> bytes:
    """401 as long as the login is not the camera's; OPTIONS is free, as on most."""
    door = state.doorkeeper
    if door is None or request.method == "OPTIONS":
        return b""
    door.uses = int(state.setting("stale_nonce", "uses"))
    verdict = door.check(request.headers.get("authorization", ""), request.method)
    if verdict == "ok" and "wrong_login" not in state.faults:
        return b""
    return reply(request, 401, {"WWW-Authenticate": door.asked(stale=verdict == "stale")})


def _answers(connection: CameraConnection, live: LiveCamera, request: Request) -> bytes:
    match request.method:
        case "OPTIONS":
            return reply(request, 200, {"Public": METHODS})
        case "DESCRIBE":
            return _describe(live.state, request)
        case "SETUP":
            return _set_up(connection, live, request)
        case "PLAY" | "PAUSE" | "GET_PARAMETER" | "SET_PARAMETER" | "TEARDOWN":
            return _within_session(connection, live, request)
    return reply(request, 455)


def _describe(state: CameraState, request: Request) -> bytes:
    faults = state.faults
    codec = str(faults["unsupported_codec"]["codec"]) if "unsupported_codec" in faults else ""
    camera = state.camera
    body = description(
        state.ready.clip,
        sets=camera.sets != "in_band",
        codec=codec,
        audio=camera.audio,
        rate=camera.described_rate,
    )
    base = request.target.rstrip("/") + "/"
    return reply(request, 200, {"Content-Base": base, "Content-Type": "application/sdp"}, body)


def _set_up(connection: CameraConnection, live: LiveCamera, request: Request) -> bytes:
    state, asked = live.state, request.headers.get("transport", "")
    if request.target.endswith(MICROPHONE):
        return _set_up_microphone(connection, request)
    full = int(state.setting("session_limit", "sessions"))
    if "session_limit" in state.faults and state.sessions >= full:
        return reply(request, 453)
    given = _transport(connection, asked, udp=state.camera.udp)
    if not given:
        return reply(request, 461)
    if not connection.session:
        connection.session = secrets.token_hex(8)
        state.sessions += 1
        state.counters.sessions += 1
    told = f"{connection.session};timeout={state.camera.session_seconds:.0f}"
    return reply(request, 200, {"Transport": f"{given};ssrc={state.source:08X}", "Session": told})


def _set_up_microphone(connection: CameraConnection, request: Request) -> bytes:
    """After the picture, in the same session; it will be silent."""
    found = _CHANNELS.search(request.headers.get("transport", ""))
    if not found or not connection.session:
        return reply(request, 461)
    transport = f"RTP/AVP/TCP;unicast;{found[0]}"
    return reply(request, 200, {"Transport": transport, "Session": connection.session})


def _transport(connection: CameraConnection, asked: str, *, udp: bool) -> str:
    """What is given of what is asked; empty: nothing that this camera does."""
    if "RTP/AVP/TCP" in asked:
        found = _CHANNELS.search(asked)
        connection.channel = int(found[1]) & 0xFF if found else 0
        return f"RTP/AVP/TCP;unicast;interleaved={connection.channel}-{connection.channel + 1}"
    ports = _PORTS.search(asked)
    if not udp or ports is None:
        return ""
    port = connection.open_datagrams(int(ports[1]))
    return f"RTP/AVP;unicast;client_port={ports[1]}-{ports[2]};server_port={port}-{port + 1}"


def _within_session(connection: CameraConnection, live: LiveCamera, request: Request) -> bytes:
    if not connection.session or connection.session != request.headers.get("session", "").split(";")[0]:
        return reply(request, 454)
    headers = {"Session": connection.session}
    if request.method == "PLAY":
        number, at = live.next_packet()
        url = f"{request.target.rstrip('/')}/trackID=1"
        headers |= {"Range": "npt=0.000-", "RTP-Info": f"url={url};seq={number};rtptime={at}"}
    elif request.method == "PAUSE":
        live.leave(connection)
    elif request.method == "TEARDOWN":
        connection.leave()
    return reply(request, 200, headers)
