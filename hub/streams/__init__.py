"""Streams for adapters: TCP, serial lines, keyboards, HTTP, MQTT, drop folders, and the codec pump."""

from hub.streams.clock import now_ms
from hub.streams.drop_folder import DropFolder
from hub.streams.drop_watch import DropWatch, mark_of
from hub.streams.http import HttpAnswer, HttpRequest, RouteBook, serve_route, serve_routes
from hub.streams.http_problems import later_answer, problem_answer
from hub.streams.keyboard import open_keyboard
from hub.streams.mqtt import MqttEndpoint, MqttMessage, subscribe_mqtt
from hub.streams.pump import Connection, pump
from hub.streams.serial import SerialEndpoint, open_serial
from hub.streams.silence import Silence
from hub.streams.tcp import TcpEndpoint, dial_tcp, listen_tcp

__all__ = [
    "Connection",
    "DropFolder",
    "DropWatch",
    "HttpAnswer",
    "HttpRequest",
    "MqttEndpoint",
    "MqttMessage",
    "RouteBook",
    "SerialEndpoint",
    "Silence",
    "TcpEndpoint",
    "dial_tcp",
    "later_answer",
    "listen_tcp",
    "mark_of",
    "now_ms",
    "open_keyboard",
    "open_serial",
    "problem_answer",
    "pump",
    "serve_route",
    "serve_routes",
    "subscribe_mqtt",
]
