"""What relays and passage sensors have in common: where a Modbus line or a broker is."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from hub.contract import Secret

By = Literal["modbus", "mqtt", "http"]


def _topic(topic: str) -> str:
    if not re.fullmatch(r"[^\s+#\x00-\x1f\x7f]{1,256}", topic):
        raise ValueError("a topic is 1 to 256 characters without space, + and #")
    if topic.partition("/")[0] == "epihub":
        raise ValueError("epihub/ is our own tree; devices are spoken to elsewhere")
    return topic


def _url(url: str, schemes: tuple[str, ...]) -> str:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user or password in the url")
    if parts.scheme not in schemes or not parts.hostname or parts.port == 0:
        raise ValueError(f"write {schemes[0]}://host:port")
    return url


def web_address(url: str) -> str:
    """Raises ValueError for what is no http(s) address."""
    return _url(url, ("http", "https"))


Topic = Annotated[str, AfterValidator(_topic)]
WebAddress = Annotated[str, Field(max_length=500), AfterValidator(web_address)]
Words = Annotated[str, Field(min_length=1, max_length=500)]
Address = Annotated[int, Field(strict=True, ge=0, le=65_535)]


class LineSettings(BaseModel):
    """``by`` modbus: a serial line (``path``) or TCP (``host``); mqtt: ``broker``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: By = Field(description="How it is spoken to: a Modbus line, an MQTT broker, HTTP.")
    path: str = Field("", pattern=r"^(/\S+)?$", description="modbus: the serial line, best by its id.")
    baud: int = Field(9600, strict=True, ge=1200, le=115_200, description="modbus: bits a second.")
    parity: Literal["N", "E", "O"] = Field("N", description="modbus: parity of the line.")
    host: str = Field("", max_length=253, description="modbus: instead of path, the address of the module.")
    port: int = Field(502, strict=True, ge=1, le=65_535, description="modbus: its TCP port.")
    framing: Literal["tcp", "rtu"] = Field(
        "tcp", description="modbus: at a host; rtu behind a server that only passes bytes on."
    )
    slave: int = Field(1, strict=True, ge=1, le=247, description="modbus: its unit number.")
    broker: str = Field("", max_length=300, description="mqtt: mqtt://host:port or mqtts://host:port.")
    username: str = Field("", max_length=256, description="mqtt, http: our user there.")
    password: Secret | None = Field(None, description="mqtt, http: our password there.")
    timeout_seconds: float = Field(2, ge=0.1, le=10, description="How long an answer is waited for.")

    @model_validator(mode="after")
    def _has_its_line(self) -> Self:
        if (self.by == "modbus") != bool(self.path or self.host) or (self.path and self.host):
            raise ValueError("modbus needs one of path and host, others neither")
        if (self.by == "mqtt") != bool(self.broker):
            raise ValueError("mqtt needs a broker, others none")
        if self.broker:
            _url(self.broker, ("mqtt", "mqtts"))
        return self

    @property
    def secret(self) -> str:
        return self.password.reveal() if self.password else ""
