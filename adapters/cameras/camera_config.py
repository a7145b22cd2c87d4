"""Settings of ``rtsp``: one camera, what is asked of it and how often."""

from dataclasses import replace
from importlib.util import find_spec
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from adapters.cameras.camera_address import OWN_NETWORKS, CameraAddress
from adapters.cameras.health.site_outage import switch_of
from adapters.cameras.rtsp.login import Login
from adapters.cameras.rtsp.places import CameraPlace, Network, place_of
from hub.contract import DeviceConfig, Secret

Mode = Literal["continuous", "duty", "options"]
Share = Annotated[float, Field(ge=0, le=1)]
Point = Annotated[tuple[Share, ...], Field(min_length=2, max_length=2)]
Polygon = Annotated[tuple[Point, ...], Field(min_length=3, max_length=32)]
_LIBRARIES = ("av", "cv2", "numpy")


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        raise ValueError("not an address") from None
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
        raise ValueError("must begin with http:// or https://, name a host and hold no login")
    return text


class RtspConfig(DeviceConfig):
    """A camera that speaks RTSP, best its sub-stream."""

    kind: Literal["rtsp"]
    url: CameraAddress | None = Field(
        None,
        repr=False,
        description="Where its stream is, best its sub-stream; without user and password.",
        examples=["rtsp://10.1.2.31/Streaming/Channels/102"],
    )
    secret_url: Secret | None = Field(
        None, description="Instead of url: a whole address, for cameras that take their login in it."
    )
    username: str = Field("", max_length=128, repr=False, exclude=True, description="Our user at the camera.")
    password: Secret | None = Field(None, description="Its password.")
    certificate: str = Field(
        "",
        pattern=r"^([0-9A-Fa-f]{64})?$",
        description="rtsps: SHA-256 of its certificate, where nobody whom this machine trusts has signed it.",
    )
    allow: tuple[Network, ...] = Field(
        default=OWN_NETWORKS,
        min_length=1,
        max_length=32,
        description="Networks that its address must be in; nothing else is ever connected to.",
        examples=[["10.1.2.0/24"]],
    )
    transport: Literal["tcp", "udp"] = Field(
        "tcp", description="udp: for cameras that cannot send through TCP; libav plays them."
    )
    player: Literal["own", "libav"] = Field(
        "own", description="libav: in a process of its own, 50 MB each; for MJPEG, and always with udp."
    )
    frame_seconds: float = Field(
        0,
        ge=0,
        le=20,
        description="Slow cameras: from one frame to the next, where they do not say so themselves.",
    )
    mode: Mode = Field(
        "continuous",
        description="continuous: always connected; duty: connects for one picture; options: is only asked.",
    )
    check_seconds: float = Field(
        10, ge=1, le=86_400, description="continuous: how often its picture is judged, if CPU is left for it."
    )
    duty_seconds: float = Field(
        60, ge=5, le=86_400, description="duty and options: how often it is connected to."
    )
    cpu_share: float = Field(
        0.5,
        gt=0,
        le=8,
        description="Cores that all checks of an edge may take; the least that a camera names counts.",
    )
    masks: tuple[Polygon, ...] = Field(
        default=(),
        max_length=16,
        description="Areas made black before a picture is kept: corners as shares of width and height.",
        examples=[[[[0.0, 0.0], [0.3, 0.0], [0.3, 0.2]]]],
    )
    snapshot: bool = Field(True, strict=True, description="Whether its last picture is kept and shown.")
    picture_width: int = Field(
        640, strict=True, ge=160, le=1920, description="Pixels; wider pictures are made smaller."
    )
    offline_seconds: float = Field(
        30, ge=0, le=3600, description="How long it must be away before an alarm says so."
    )
    report_seconds: float = Field(
        300, ge=30, le=300, description="How often its figures are told while nothing changes."
    )
    switch: str = Field(
        "",
        pattern=r"^[a-z0-9_-]{0,64}$",
        description="The switch it hangs on: cameras of one are lost together; left out: its site.",
        examples=["switch-a"],
    )
    link: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None,
        max_length=500,
        description="Where it can be watched live (go2rtc, MediaMTX, a recorder): the console leads there.",
        examples=["https://nvr.example/stream.html?src=cam-1"],
    )
    onvif_port: int | None = Field(
        None,
        strict=True,
        ge=1,
        le=65_535,
        description="ONVIF: where its clock is asked for, without a login.",
    )

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if (self.url is None) == (self.secret_url is None):
            raise ValueError("name one of url and secret_url")
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password go together")
        if self.certificate and not self.place.tls:
            raise ValueError("a certificate needs an address that begins with rtsps://")
        if self.username and self._secret_login:
            raise ValueError("secret_url has a login already")
        return self

    @model_validator(mode="after")
    def _pictures_can_be_read(self) -> Self:
        missing = [name for name in _LIBRARIES if self.mode != "options" and find_spec(name) is None]
        if missing:
            raise ValueError(
                f"pictures need {missing[0]}: pip install 'epihub[camera]'; or mode = \"options\""
            )
        return self

    def hangs_on(self, edge: str) -> str:
        """Its switch, or what the cameras of its site have in common."""
        return switch_of(self.site, self.switch)

    @property
    def is_played_by_libav(self) -> bool:
        """Our own client plays H.264 and H.265 through TCP."""
        return self.player == "libav" or self.transport == "udp"

    @property
    def place(self) -> CameraPlace:
        """Where it is; its path may hold a login."""
        place, _ = place_of(self._address, self.allow)
        return replace(place, certificate=self.certificate.lower())

    @property
    def login(self) -> Login | None:
        """Ours at the camera; None: it asks for none, or takes it in its address."""
        if self.password is not None:
            return Login(self.username, self.password.reveal())
        return self._secret_login

    @property
    def _secret_login(self) -> Login | None:
        return place_of(self._address, self.allow)[1] if self.secret_url else None

    @property
    def _address(self) -> str:
        return self.secret_url.reveal() if self.secret_url else self.url or ""
