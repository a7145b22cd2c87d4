"""Accounts for a broker that is not ours, in the words of that broker: pure text, without any password.

An operator reads it, puts it where the broker looks, and sets the passwords there.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from hub.broker.accounts import ROOT, BusAccount
from hub.broker.config import user_entry
from hub.errors import ConfigError
from hub.mqtt.packets import MAX_SENT_BYTES

# docs/bus.md shows the same and says why; the conformance suite runs with them.
MOSQUITTO_SETTINGS = (
    "persistence true",
    "autosave_on_changes true",
    "autosave_interval 1000",
    "max_queued_messages 0",
    "max_inflight_messages 1000",
    "set_tcp_nodelay true",
    "allow_anonymous false",
)
NATS_SETTINGS = (
    "jetstream { store_dir: …, sync_interval: 100ms }",
    "mqtt { listen: …, tls { … }, ack_wait: 10s, max_ack_pending: 10000 }",
    f"max_payload: {MAX_SENT_BYTES}",
)
# RabbitMQ keeps subscriptions in queues that are named by client id; ours begin with epihub-.
_QUEUES = "mqtt-subscription-"
_NOTHING = "^$"


def nats(accounts: Sequence[BusAccount]) -> str:
    """The ``authorization`` block of nats-server.conf; passwords are variables, see ``variable``."""
    names = _variables(accounts)
    users = [user_entry(replace(account, password=f"${names[account.name]}")) for account in accounts]
    block = json.dumps({"users": users}, indent=1, ensure_ascii=False)
    # A variable in quotes would be a password of its own.
    block = re.sub(r'("password": )"(\$[A-Z0-9_]+)"', r"\1\2", block)
    settings = "\n".join(f"#   {line}" for line in NATS_SETTINGS)
    passwords = "\n".join(f'#   {name} = "…"' for name in names.values())
    return f"""\
# Accounts of epihub for nats-server.conf. Beside them it needs server_name and
{settings}
# Passwords stand in a file that only the server may read, included before this block:
#   include epihub-passwords.conf
# with a line for each account, a password or its bcrypt hash:
{passwords}
authorization: {block}
"""


def mosquitto(accounts: Sequence[BusAccount]) -> str:
    """The ``acl_file`` of mosquitto; in its head what mosquitto.conf needs and how passwords are made."""
    settings = "\n".join(f"#   {line}" for line in MOSQUITTO_SETTINGS)
    first, *others = (shlex.quote(account.name) for account in accounts)
    commands = [f"-c epihub.passwords {first}", *(f"epihub.passwords {name}" for name in others)]
    passwords = "\n".join(f"#   mosquitto_passwd {command}" for command in commands)
    head = f"""\
# acl_file of mosquitto for epihub. mosquitto.conf needs listener, persistence_location, acl_file,
# password_file epihub.passwords, and at least:
{settings}
# Passwords; each command asks for one:
{passwords}
"""
    return "\n".join([head, *map(_mosquitto_user, accounts)])


def rabbitmq(accounts: Sequence[BusAccount]) -> str:
    """A script of rabbitmqctl commands; each ``add_user`` asks for a password."""
    lines = [
        "#!/bin/sh",
        "# Accounts of epihub for RabbitMQ with its MQTT plugin; docs/bus.md says what it cannot do.",
    ]
    for account in accounts:
        name = shlex.quote(account.name)
        queues, (write, read) = rabbitmq_queues(account), rabbitmq_topics(account)
        lines += [
            f"rabbitmqctl add_user {name}",
            _command("set_permissions", name, queues, f"{queues}|^amq\\.topic$", f"{queues}|^amq\\.topic$"),
            _command("set_topic_permissions", name, "amq.topic", write, read),
        ]
    return "\n".join(lines) + "\n"


def rabbitmq_topics(account: BusAccount) -> tuple[str, str]:
    """Regular expressions over routing keys: what it may publish, and which filters it may subscribe."""
    return _any_of(account.publish), _any_of(account.subscribe)


def rabbitmq_queues(account: BusAccount) -> str:
    """Regular expression over the queues of its own client ids: who has another's reads its messages."""
    if not account.subscribe:
        return _NOTHING
    if f"{ROOT}/#" in account.subscribe:  # the hub
        return f"^{_QUEUES}epihub-"
    return f"^{_QUEUES}epihub-(edge-)?{re.escape(account.name)}(-api|-alarms|-lists)?qos[01]$"


def variable(name: str) -> str:
    """The NATS variable of an account's password: ``edge-2`` is EPIHUB_EDGE_2."""
    return "EPIHUB_" + re.sub(r"[^A-Z0-9]", "_", name.upper())


def _variables(accounts: Iterable[BusAccount]) -> dict[str, str]:
    names: dict[str, str] = {}
    for account in accounts:
        name = variable(account.name)
        if name in names.values():
            raise ConfigError(f"two bus users need the variable {name}: give one of them another name")
        names[account.name] = name
    return names


def _mosquitto_user(account: BusAccount) -> str:
    lines = [f"user {account.name}"]
    lines += [f"topic write {each}" for each in account.publish]
    lines += [f"topic read {each}" for each in account.subscribe]
    return "\n".join(lines) + "\n"


def _any_of(filters: Iterable[str]) -> str:
    return "|".join(f"^{_routing(each)}$" for each in filters) or _NOTHING


def _routing(topic_filter: str) -> str:
    """A topic filter as a regular expression over RabbitMQ's routing keys, and over filters inside it.

    RabbitMQ writes / as . and . as /; a # in a subscription may not widen a single level.
    """
    *parents, last = [_level(level) for level in topic_filter.split("/")]
    if last == "#":
        return r"\.".join(parents) + r"(\..*)?" if parents else ".*"
    return r"\.".join([*parents, last])


def _level(level: str) -> str:
    if level == "+":
        return r"[^.#]+"
    return level if level == "#" else re.escape(level.replace(".", "/"))


def _command(name: str, user: str, *arguments: str) -> str:
    return f"rabbitmqctl {name} {user} {' '.join(map(shlex.quote, arguments))}"


FORMATS: dict[str, Callable[[Sequence[BusAccount]], str]] = {
    "nats": nats,
    "mosquitto": mosquitto,
    "rabbitmq": rabbitmq,
}
