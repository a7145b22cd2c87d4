"""A reply to samples, by the map of its device."""

from collections.abc import Iterator

from adapters.cold_chain.cold_modbus_config import ColdModbusConfig
from adapters.cold_chain.decoders.sample import Sample
from adapters.cold_chain.metrics import is_temperature
from adapters.cold_chain.modbus.frames import Request, registers
from adapters.cold_chain.modbus.maps import blocks, number


def requests(config: ColdModbusConfig) -> list[Request]:
    """What a device is asked, one after another."""
    known = {name: config.known[name] for name in config.metrics}
    return [Request(config.transport, config.slave, *block) for block in blocks(known)]


def samples(reply: bytes, request: Request, config: ColdModbusConfig) -> Iterator[Sample]:
    """Of the registers that ``request`` asked for; raises Undecodable."""
    words = registers(reply, request)
    for name, metric in config.metrics.items():
        register = config.known[name]
        at = register.address - request.address
        if register.function != request.function or not 0 <= at <= request.width - register.width:
            continue
        value, fault = number(words[at : at + register.width], register)
        unit = config.unit if config.unit and is_temperature(metric) else register.unit
        yield Sample(metric, "", value, unit, fault=fault)
