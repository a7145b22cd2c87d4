"""What ASTM devices have in common, however they are connected: settings of the link, and their reader."""

from dataclasses import replace
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from adapters.lab_analyzers.astm.policy import Policy
from adapters.lab_analyzers.astm.records import read_header_record
from adapters.lab_analyzers.astm.refusals import ends_with_error, read_refusals
from adapters.lab_analyzers.astm.results import AstmReader
from adapters.lab_analyzers.profiles import load_profile
from adapters.lab_analyzers.settings import AnalyzerConfig, OrderingConfig
from hub.contract import Frame, Interpretation, MalformedFrame, Outlet

_NO_RESULT = "astm.no_result"


class AstmLink(BaseModel):
    """How a device frames its messages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    framing: Literal["e1381", "none"] = Field(
        default="e1381",
        description="E1381 frames, or records that are written straight into the line (none): then nothing "
        "is acknowledged, nothing sent.",
    )
    checksum: bool = Field(
        default=True, description="Whether its frames carry a checksum, and it wants ours."
    )
    numbering: Literal["strict", "resync", "ignore"] = Field(
        default="resync",
        description="A frame out of order: refused (strict), taken when its checksum is right (resync), "
        "or numbers are not looked at (ignore).",
    )
    frame_max_bytes: int = Field(default=64 * 1024, ge=247, le=1024 * 1024, description="Longest frame.")
    message_max_bytes: int = Field(
        default=16 * 1024 * 1024,
        ge=1024,
        le=256 * 1024 * 1024,
        description="Longest message, its frames joined.",
    )
    send_frame_bytes: int = Field(
        default=240,
        ge=64,
        le=63_993,
        description="Text of a frame that we send: 240 (E1381-95) or 63,993 (LIS1-A).",
    )
    silence_seconds: float = Field(
        default=30, gt=0, le=600, description="A session that is silent for so long has ended."
    )

    def policy(self, profile: str) -> Policy:
        """``profile``: the model's, which says how it wants messages cut into frames."""
        return Policy(
            send_frames=load_profile(profile).records.orders.frames,
            checksum=self.checksum,
            numbering=self.numbering,
            frame_max_bytes=self.frame_max_bytes,
            message_max_bytes=self.message_max_bytes,
            send_frame_bytes=self.send_frame_bytes,
            next_frame_seconds=self.silence_seconds,
        )


def written_at(raw: bytes) -> str:
    """H.14, when the message was written; empty where there is none."""
    header = read_header_record(raw)
    return header.field(14) if header else ""


def check_orders(config: OrderingConfig, link: AstmLink) -> None:
    """Raises ValueError where a device is to be sent what its model refuses, or its line cannot carry."""
    if config.orders == "download" and link.framing == "none":
        raise ValueError('nothing is sent on a line without frames: orders = "query" or "none"')
    layout = load_profile(config.profile).records.orders
    if config.orders == "download" and not (layout.taken and layout.unasked):
        raise ValueError(f'a {config.profile} takes no orders unasked: orders = "query" or "none"')


def interpreted(reader: AstmReader, frame: Frame, received_ms: int) -> Interpretation:
    """What a message means; one without a result may say why there is none. Never raises."""
    meaning = reader.interpret(frame, received_ms)
    refusals = read_refusals(frame.raw, reader.profile, reader.charset)
    bare = [one for one in refusals if one.bare and not reader.profile.records.failed_orders]
    problems = [problem for problem in meaning.problems if not bare or problem.reason != _NO_RESULT]
    if bare:
        problems.append(MalformedFrame(frame.raw, "astm.order_refused", bare[0].place, origin=frame.origin))
    elif [each.reason for each in problems] == [_NO_RESULT] and ends_with_error(frame.raw):
        problems = [replace(problems[0], reason="astm.ended_with_error", place="L-3")]
    return Interpretation(meaning.facts, tuple(problems))


def reader_of(config: AnalyzerConfig, outlet: Outlet) -> AstmReader:
    """What a device's messages mean."""
    profile, zone = load_profile(config.profile), ZoneInfo(config.timezone)
    return AstmReader(profile, outlet.pseudonyms, config.site, zone, config.charset)
