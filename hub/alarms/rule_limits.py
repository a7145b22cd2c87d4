"""A version of a rule made ready for many readings."""

from hub.alarms.rules import BEGINNING, INFINITE, Condition, InForce, Span

_NOTHING: Span = (INFINITE, BEGINNING)
_ANYTHING: Span = (BEGINNING, INFINITE)


class Limits:
    """``violating``, ``clearing``: spans of corrected thousandths; ``is_bad``: it looks at bad instants."""

    __slots__ = (
        "bridge_ms", "clear_for_ms", "clearing", "condition", "end_ms", "for_ms", "hold_ms", "is_bad",
        "is_silent", "settled_ms", "version", "violating",
    )  # fmt: skip

    def __init__(self, version: InForce) -> None:
        rule = version.rule
        self.version = version
        self.condition = rule.when if isinstance(rule.when, Condition) else None
        self.is_bad, self.is_silent = rule.when == "bad", rule.when == "silent"
        self.violating = self.condition.span() if self.condition else _NOTHING
        self.clearing = (rule.clear.when.span(),) if rule.clear.when else _outside(self.violating)
        self.for_ms, self.clear_for_ms = rule.for_ms, rule.clear.for_ms
        self.hold_ms, self.bridge_ms = rule.hold_ms, rule.bridge_ms
        self.end_ms = INFINITE if version.to_ms is None else version.to_ms
        # Later readings cannot change what this version says: no run of its time can reach them.
        self.settled_ms = self.end_ms + rule.hold_ms + rule.bridge_ms

    def chosen(self, values: tuple[int, ...], offset: int) -> int:
        """The corrected value that the rule takes of an instant's raw ones."""
        corrected = [value + offset for value in values]
        return self.condition.worst(corrected) if self.condition else corrected[0]

    def violates(self, value: int | None) -> bool:
        """``value`` None: a bad instant."""
        if value is None:
            return self.is_bad
        return self.violating[0] <= value <= self.violating[1]

    def clears(self, value: int | None) -> bool:
        return value is not None and any(low <= value <= high for low, high in self.clearing)

    @property
    def is_one_sided(self) -> bool:
        """Whether the values that do not violate are one span."""
        return self.condition is None or self.condition.operator != "=="

    def band(self, value: int) -> Span:
        """The values around a usual one that are usual too: none of them violates."""
        low, high = self.violating
        if low > high:
            return _ANYTHING
        if self.is_one_sided:
            return (high + 1, INFINITE) if low == BEGINNING else (BEGINNING, low - 1)
        return (BEGINNING, low - 1) if value < low else (high + 1, INFINITE)


def _outside(span: Span) -> tuple[Span, ...]:
    low, high = span
    return (_ANYTHING,) if low > high else ((BEGINNING, low - 1), (high + 1, INFINITE))
