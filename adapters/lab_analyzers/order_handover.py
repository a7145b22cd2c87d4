"""Which orders a machine has and our store may not know of yet, and which it is not to be sent just now."""

from collections.abc import Iterable, Sequence

from hub.contract import Order, Outlet


class Handover:
    """Of one device; ``now`` and ``until`` are seconds of any one clock."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._taken: dict[str, Order] = {}  # while our store was away
        self._held: dict[str, tuple[Order, float]] = {}

    async def commit(self, orders: Iterable[Order] = ()) -> Sequence[Order]:
        """That the machine has ``orders``, and those before that could not be committed; gives all of them.

        Raises NotCommitted: they are kept in mind and not sent again.
        """
        self._taken |= {order.order: order for order in orders}
        taken = list(self._taken.values())
        if taken:
            await self._outlet.handed_over(taken)
        for order in taken:
            self._taken.pop(order.order, None)
            self._held.pop(order.order, None)
        return taken

    def gave_back(self, numbers: Iterable[str]) -> None:
        """The machine has these no more."""
        for number in numbers:
            self._taken.pop(number, None)

    def hold(self, orders: Iterable[Order], now: float, until: float) -> None:
        """Not to be sent before, unless they say something else by then."""
        self._held = {number: held for number, held in self._held.items() if now < held[1]}
        self._held |= {order.order: (order, until) for order in orders}

    def may_go(self, order: Order, now: float) -> bool:
        """Not what is held as it is, nor what the machine has."""
        held, until = self._held.get(order.order, (None, 0.0))
        return not (held == order and now < until) and self._taken.get(order.order) != order
