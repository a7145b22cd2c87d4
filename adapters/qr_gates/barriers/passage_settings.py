"""Settings of the sensor that sees people pass: ``[device.passage]`` of a gate."""

from typing import Literal, Self

from pydantic import Field, model_validator

from adapters.qr_gates.barriers.line_settings import Address, LineSettings, Topic, Words


class PassageSettings(LineSettings):
    """A beam, a turnstile's contact or counter; it sees the direction of its gate."""

    passage_seconds: float = Field(
        10,
        ge=0.5,
        le=300,
        description="How long after an allowed scan a passage belongs to it.",
    )
    quiet_ms: int = Field(
        300, strict=True, ge=0, le=10_000, description="A contact that comes again sooner has bounced."
    )
    input: Address | None = Field(None, description="modbus: discrete input, on while somebody passes.")
    counter: Address | None = Field(None, description="modbus: instead of input, the register that counts.")
    counter_function: Literal[3, 4] = Field(4, description="modbus: 3 holding register, 4 input register.")
    counter_words: Literal[1, 2] = Field(1, description="modbus: registers of the counter, high word first.")
    poll_ms: int = Field(50, strict=True, ge=10, le=5000, description="modbus: how often it is asked.")
    topic: Topic | None = Field(None, description="mqtt: where the sensor speaks.")
    text: Words | None = Field(
        None, description="mqtt, http: what a message of a passage has in it; left out: every message is one."
    )

    @model_validator(mode="after")
    def _can_be_heard(self) -> Self:
        places = (self.input is not None) + (self.counter is not None)
        if places != (self.by == "modbus"):
            raise ValueError("modbus needs one of input and counter, others neither")
        if (self.by == "mqtt") != (self.topic is not None):
            raise ValueError("mqtt needs a topic, others none")
        return self
