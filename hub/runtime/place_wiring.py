"""Where the hub stands and what it should hear, as the configuration says."""

from hub.config.models import Config
from hub.runtime.hub_place import HubPlace


def hub_place(config: Config) -> HubPlace:
    """An edge in the same process is not expected: it tells of itself when it is there."""
    edges = {each.id: each.sites[0] if each.sites else config.edge.site for each in config.bus.edges}
    power = {device: group.id for group in config.alarms.power for device in group.devices}
    return HubPlace(config.edge.site, edges, power, config.edge.id)
