"""Which part of the province somebody may see: sites and districts, told with their key or user.

A role says what somebody may do, a scope where. It is enforced in one place, before a route or page runs:
``narrowed`` gives them a deck through which nothing else can be reached (api/scoped_reader.py,
api/scoped_control.py). What those do not know is refused: what is new is closed until somebody thinks of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.problems import Problem

NOT_SERVED = "scope.not_served"
Place = dict[str, str]  # a configured site or device: {id site district …}


@dataclass(frozen=True, slots=True)
class Scope:
    """``sites`` with those that stand in ``districts``; a district as a whole only where it is named."""

    sites: frozenset[str]
    districts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sites: Iterable[str], districts: Iterable[str], configured: Iterable[Place]) -> "Scope":
        """What a key names, with the configured sites of its districts."""
        whole = frozenset(districts)
        within = {site["id"] for site in configured if site.get("district") in whole}
        return cls(frozenset(sites) | within, whole)

    def has_site(self, site: object) -> bool:
        return site in self.sites

    def has_district(self, district: object) -> bool:
        return district in self.districts

    def require_site(self, site: str) -> None:
        """Raises Problem 403."""
        if site not in self.sites:
            raise outside()

    def require_district(self, district: str) -> None:
        """Raises Problem 403."""
        if district not in self.districts:
            raise outside()

    def sites_of(self, configured: Sequence[Place]) -> list[Place]:
        return [site for site in configured if site["id"] in self.sites]

    def devices_of(self, configured: Sequence[Place]) -> list[Place]:
        return [device for device in configured if device.get("site") in self.sites]

    def text(self) -> str:
        """The same for the same scope: part of what names a report's revision."""
        told = [f"district:{name}" for name in sorted(self.districts)]
        return ",".join(told + [f"site:{name}" for name in sorted(self.sites)])


def scope_text(scope: Scope | None) -> str:
    """Empty: everything."""
    return "" if scope is None else scope.text()


def outside() -> Problem:
    return Problem(403, "scope.outside", "Your key or user does not reach there.")


def not_served() -> Problem:
    """Of what nobody has divided by sites yet: it belongs to who may see all."""
    return Problem(403, NOT_SERVED, "This is for those who may see every site.")
