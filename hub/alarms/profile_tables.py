"""What the TOML of a profile may say (docs/alarm_rules.md, Profiles): closed models, times in seconds."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.functional_validators import AfterValidator

from hub.alarms.rules import Clear, Condition, Operator, Rule, Step, When
from hub.config.fields import Flag, Id, Name, wrong

_CONDITION = re.compile(r"(>=|<=|==|>|<) ?([+-]?)([0-9]{1,9})(?:\.([0-9]{1,3}))?", re.ASCII)
_OPERATORS: dict[str, Operator] = {">": ">", ">=": ">=", "<": "<", "<=": "<=", "==": "=="}
LONGEST_SECONDS = 366 * 86400
MOST_RULES = 100


def condition(text: str) -> Condition:
    """``> 8.0``: an operator and a threshold of at most three decimals. Raises a pydantic error."""
    match = _CONDITION.fullmatch(text)
    if not match:
        raise wrong('must be an operator (> >= < <= ==) and a number of at most three decimals: "> 8.0"')
    operator, sign, whole, decimals = match.groups()
    threshold = int(whole) * 1000 + int((decimals or "").ljust(3, "0"))
    return Condition(_OPERATORS[operator], -threshold if sign == "-" else threshold)


def _when(text: str) -> str:
    if text != "bad":
        condition(text)
    return text


def _clear(text: str) -> str:
    condition(text)
    return text


Seconds = Annotated[int, Field(strict=True, ge=0, le=LONGEST_SECONDS)]
SomeSeconds = Annotated[int, Field(strict=True, ge=1, le=LONGEST_SECONDS)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{1,31}$")]
Metric = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}(\.[a-z0-9_]{1,32}){0,3}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class StepTable(_Table):
    """One of ``steps``."""

    after_seconds: Seconds
    severity: Literal["info", "warning", "critical"]


class RuleTable(_Table):
    """One ``[[rule]]``."""

    code: Code
    metric: Metric
    severity: Literal["info", "warning", "critical"]
    source: Name
    when: Annotated[str, AfterValidator(_when)] = ""
    silent_seconds: SomeSeconds | None = None
    for_seconds: Seconds = 0
    clear: Annotated[str, AfterValidator(_clear)] | None = None
    clear_for_seconds: Seconds = 0
    bridge_seconds: Seconds = 0
    hold_seconds: SomeSeconds | None = None
    steps: tuple[StepTable, ...] = Field(default=(), max_length=2)
    latch: Flag = False

    @model_validator(mode="after")
    def _is_one_rule(self) -> "RuleTable":
        if bool(self.when) == bool(self.silent_seconds):
            raise wrong("needs either when or silent_seconds")
        if self.silent_seconds and self.for_seconds:
            raise wrong("silent_seconds says how long: for_seconds has no place beside it")
        try:
            self.rule("", LONGEST_SECONDS)
        except ValueError as error:
            raise wrong(str(error)) from error
        return self

    def rule(self, version: str, hold_seconds: int) -> Rule:
        """As the engine takes it; ``hold_seconds`` of the profile."""
        clear = Clear(condition(self.clear) if self.clear else None, self.clear_for_seconds * 1000)
        return Rule(
            code=self.code,
            metric=self.metric,
            when=self._when(),
            for_ms=(self.silent_seconds or self.for_seconds) * 1000,
            severity=self.severity,
            hold_ms=(self.hold_seconds or hold_seconds) * 1000,
            version=version,
            clear=clear,
            steps=tuple(Step(step.after_seconds * 1000, step.severity) for step in self.steps),
            bridge_ms=self.bridge_seconds * 1000,
            latch=self.latch,
            source=self.source,
        )

    def _when(self) -> When:
        if self.silent_seconds:
            return "silent"
        return "bad" if self.when == "bad" else condition(self.when)


class ProfileTable(_Table):
    """The whole file."""

    profile: Id
    version: Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
    hold_seconds: SomeSeconds
    kinds: tuple[Id, ...] = Field(default=(), max_length=MOST_RULES)
    rule: tuple[RuleTable, ...] = Field(max_length=MOST_RULES)
