"""How units talk: each module makes messages of samples, and says what a hub must read in them.

Written after the makers' documentation, which each names; none of it is the hub's own code.
"""

from simulators.cold_chain.talkers import cce, chirpstack, fridge_tag, modbus, table, tasmota, zigbee2mqtt
from simulators.cold_chain.talkers.speech import Speech

SPEECHES: dict[str, Speech] = {
    "zigbee2mqtt": Speech(zigbee2mqtt.message, at_once=1, keeps_at_once=1),
    "tasmota": Speech(tasmota.message, at_once=1, keeps_at_once=1),
    "chirpstack": Speech(chirpstack.message, at_once=1, keeps_at_once=8),
    "cce": Speech(cce.message, at_once=4, keeps_at_once=48, urgent=cce.door_alarm),
    "fridge-tag": Speech(fridge_tag.message, at_once=144, keeps_at_once=288),
    "modbus": Speech(modbus.message, at_once=1, keeps_at_once=1),
    "table": Speech(table.message, at_once=72, keeps_at_once=288),
}
