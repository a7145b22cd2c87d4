"""Control ids that a device used lately: one that names another message than before is told."""

from collections import OrderedDict

MOST_REMEMBERED = 4096


class ControlIds:
    """Of one device, since the start. ``identity`` is the keyed digest of id and bytes."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._identities: OrderedDict[str, bytes] = OrderedDict()

    def is_reused(self, control: str, identity: bytes) -> bool:
        """Whether the id was another message's; the same message again is none."""
        known = self._identities.pop(control, None)
        self._identities[control] = identity
        if len(self._identities) > self._most:
            self._identities.popitem(last=False)
        return known is not None and known != identity
