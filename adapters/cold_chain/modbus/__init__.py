"""Modbus as a master asks it: frames of RTU and TCP, and maps of registers. Pure."""
