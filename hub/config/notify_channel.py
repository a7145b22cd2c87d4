"""``[[notify.channel]]``: the ways to reach people (docs/notify.md)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hub.config.fields import File, Host, Id, Port, url_of
from hub.config.section import Section
from hub.secret import Secret

ChannelKind = Literal["webhook", "smtp", "modem", "telegram", "zalo", "apprise", "relay"]
WebAddress = Annotated[str, Field(max_length=500), url_of("https", "http")]
Line = Annotated[str, Field(min_length=1, max_length=1000)]
Words = Annotated[str, Field(min_length=1, max_length=200)]


def _topic(text: str) -> str:
    if not text.isprintable() or {"+", "#", " "} & set(text):
        raise ValueError("must be one topic, without +, # and spaces")
    return text


Topic = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_topic)]


class NotifyMailbox(Section):
    """The mailbox to which people answer, read by IMAP."""

    TITLES = ("A mailbox", "Hộp thư")

    host: Host = Field(description="The IMAP server.", examples=["mail.example"])
    port: Port | None = Field(default=None, description="993 with tls, else 143, if left out.")
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls", description="none sends the password in the clear."
    )
    username: Secret = Field(description="User name of the mailbox; it should be epihub's alone.")
    password: Secret = Field(description="Its password.")
    folder: Words = Field(default="INBOX", description="The folder that is read.")
    poll_seconds: float = Field(default=20, ge=5, le=3600, description="How often it is read.")


class NotifyRelay(Section):
    """A siren or lamp at a relay, and a button that acknowledges."""

    TITLES = ("A relay", "Rơ-le")

    by: Literal["modbus", "mqtt", "http", "serial"] = Field(
        description="How it is switched: a Modbus coil, an MQTT topic, HTTP calls, lines to a serial card.",
        examples=["modbus"],
    )
    fail_safe: Literal["silent", "sounds"] = Field(
        default="silent",
        description="What a relay without current means. sounds: it is held while all is well, so that a "
        "dead hub or a cut wire is heard.",
    )
    pulse_seconds: float = Field(
        default=10, ge=2, le=3000, description="It is switched on for so long, and again while needed."
    )
    most_seconds: float = Field(
        default=600, ge=1, le=86_400, description="How long one notice may sound, at most."
    )
    button_person: Id = Field(default="button", description="As whom the button acknowledges.")
    host: Host | None = Field(default=None, description="modbus: by TCP, the address of the relay.")
    port: Port = Field(default=502, description="modbus: its port.")
    path: Line | None = Field(default=None, description="modbus by RTU, serial: the line, best by its id.")
    baud: int = Field(default=9600, strict=True, ge=300, le=4_000_000, description="Speed of the line.")
    parity: Literal["N", "E", "O"] = Field(default="N", description="Parity of the line.")
    slave: int = Field(default=1, strict=True, ge=1, le=247, description="modbus: its unit number.")
    coil: int = Field(default=0, strict=True, ge=0, le=65_535, description="modbus: address of the coil.")
    timer_coil: int | None = Field(
        default=None,
        strict=True,
        ge=0,
        le=65_535,
        description="modbus: where function 5 with a number of tenths of a second switches on for that long "
        "(Waveshare: 512 and the channel); without it the coil is just set.",
    )
    button_input: int | None = Field(
        default=None, strict=True, ge=0, le=65_535, description="modbus: discrete input of the button."
    )
    broker: Secret | None = Field(default=None, description="mqtt: the broker, mqtts://host:port.")
    username: Secret | None = Field(default=None, description="mqtt: user name there.")
    password: Secret | None = Field(default=None, description="mqtt: its password.")
    topic: Topic | None = Field(default=None, description="mqtt: topic that switches the relay.")
    button_topic: Topic | None = Field(default=None, description="mqtt: topic of the button.")
    on_text: Words = Field(
        default="ON", description="mqtt, serial: what switches it on; hex:A00101A2 for bytes."
    )
    off_text: Words = Field(default="OFF", description="mqtt, serial: what switches it off.")
    button_text: Words | None = Field(
        default=None, description="What the button says: a part of message, line or answer."
    )
    on_url: Secret | None = Field(
        default=None, description="http: asked to switch it on, best with a timer of the relay itself."
    )
    off_url: Secret | None = Field(default=None, description="http: asked to switch it off.")
    button_url: Secret | None = Field(
        default=None, description="http: asked each second while it sounds; pressed if button_text is in it."
    )
    method: Literal["GET", "POST"] = Field(default="GET", description="http: how it is asked.")


class NotifyChannel(Section):
    """A way to reach people."""

    TITLES = ("Channels of notices", "Kênh thông báo")

    id: Id = Field(description="Unique; the ledger names it.", examples=["sms-gateway"])
    kind: ChannelKind = Field(
        description="A webhook (JSON by POST), a mail server, a GSM modem on a serial line, a bot of "
        "Telegram or Zalo, a service of Apprise, or a relay with a siren or lamp.",
        examples=["webhook"],
    )
    language: Literal["vi", "en"] = Field(
        default="vi", description="Language of what is sent to the channel itself; persons have their own."
    )
    url: Secret | None = Field(
        default=None,
        description="webhook: where to; it often holds a key, so it is a secret. apprise: its address, with "
        "{address} for a person's; without url a person's address is a whole one.",
        examples=[{"file": "secrets/webhook-url"}],
    )
    base_url: WebAddress | None = Field(
        default=None,
        description="telegram, zalo: where the bot is reached, if not at https://api.telegram.org or "
        "https://bot-api.zaloplatforms.com.",
    )
    token: Secret | None = Field(
        default=None, description="telegram, zalo: token of the bot.", examples=[{"file": "secrets/bot"}]
    )
    ca_file: File | None = Field(
        default=None, description="Who may have signed the other end's certificate, not the system's list."
    )
    host: Host | None = Field(default=None, description="smtp: the server.", examples=["mail.example"])
    port: Port | None = Field(
        default=None, description="smtp: 465 with tls, 587 with starttls, else 25, if left out."
    )
    security: Literal["tls", "starttls", "none"] = Field(
        default="starttls", description="smtp: none sends names of sites in the clear, password included."
    )
    username: Secret | None = Field(default=None, description="smtp: user name, if it wants one.")
    password: Secret | None = Field(default=None, description="smtp: its password.")
    sender: Secret | None = Field(
        default=None, description="smtp: the address it comes from.", examples=[{"env": "EPIHUB_MAIL_FROM"}]
    )
    mailbox: NotifyMailbox | None = Field(
        default=None,
        description="smtp: where people answer; without it nobody can answer by mail.",
        examples=[
            {
                "host": "mail.example",
                "username": {"env": "EPIHUB_MAILBOX"},
                "password": {"file": "secrets/mailbox"},
            }
        ],
    )
    relay: NotifyRelay | None = Field(
        default=None,
        description="relay: how it is switched.",
        examples=[{"by": "modbus", "host": "10.1.2.9", "coil": 0, "button_input": 0}],
    )
    path: Line | None = Field(
        default=None,
        description="modem: the serial line, best by its id; ttyUSB numbers change with every plug.",
        examples=["/dev/serial/by-id/usb-SimTech-if02-port0"],
    )
    baud: int = Field(
        default=115_200, strict=True, ge=300, le=4_000_000, description="modem: speed of the line."
    )
    to: Secret | None = Field(
        default=None,
        description="Where it goes when a chain names the channel and no person; not for webhook and relay.",
    )
    timeout_seconds: float = Field(default=30, gt=0, le=300, description="How long one delivery may take.")
