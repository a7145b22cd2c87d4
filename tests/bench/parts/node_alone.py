"""``epihub up`` without its API process: what takes part in the lab bench, and nothing else."""

import sys
from pathlib import Path

from hub import logs
from hub.cli.start import serve
from hub.config.loader import load
from hub.runtime.node import Node


def main(path: Path) -> None:
    """Serve until SIGTERM; prints the process ids of the hub and of the embedded broker once ready."""
    config = load(path)
    logs.setup(config.log.format, "error")
    node = Node(config, frozenset({"edge", "hub"}), with_api=False)
    serve(node, lambda: print(*_children(node), flush=True))


def _children(node: Node) -> list[int]:
    pids = (node.beside.child.pid if node.beside else 0, node.broker_pid() or 0)
    return [pid for pid in pids if pid]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
