"""How a message owed to another system stands: known without the spool, which pages have no use for."""

from typing import Literal, get_args

ForwardState = Literal["WAITING", "DELIVERED", "DEAD", "SKIPPED"]
FORWARD_STATES: tuple[ForwardState, ...] = get_args(ForwardState)
