"""Simulated vaccine cabinets behind a Zigbee2MQTT-style bridge."""
