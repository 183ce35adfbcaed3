"""A Redis Cluster of three masters, of which one can be stopped, killed and started again."""

import binascii
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from .processes import free_port, stop

SLOTS = 16_384
NODES = 3


def slot_of(tenant: str) -> int:
    return binascii.crc_hqx(tenant.encode(), 0) % SLOTS


class Node:
    """A master. It keeps its place in the cluster over a restart, and no data."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port, self._bus = free_port(), free_port()
        folder.mkdir()
        self._command = [
            program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder),
            "--cluster-enabled", "yes", "--cluster-port", str(self._bus), "--cluster-require-full-coverage", "no",
            # No replica is there to be promoted, so nobody need find out that a node is away.
            "--cluster-node-timeout", "600000"]
        self.start()

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        until(lambda: self.call("PING").startswith("+PONG"), f"redis-server at {self.endpoint} did not start")

    def call(self, *words: str) -> str:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as connection:
                connection.sendall((" ".join(words) + "\r\nQUIT\r\n").encode())
                return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        except OSError:
            return ""

    def meet(self, other: "Node") -> None:
        self.call("CLUSTER", "MEET", "127.0.0.1", str(other.port), str(other._bus))

    def pause(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def until(is_so, trouble: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(trouble)
        time.sleep(0.05)


@contextmanager
def cluster():
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if not program:
        raise SystemExit("redis-server is not on the PATH: install it (apt-get install redis-server)")
    nodes: list[Node] = []
    with TemporaryDirectory(prefix="weir-cluster-") as folder:
        try:
            for number in range(NODES):
                nodes.append(Node(program, Path(folder) / str(number)))
            for number, node in enumerate(nodes):
                node.call("CLUSTER", "ADDSLOTSRANGE", str(number * SLOTS // NODES), str((number + 1) * SLOTS // NODES - 1))
                nodes[0].meet(node)
            until(lambda: all("cluster_state:ok" in (info := node.call("CLUSTER", "INFO")) and f"cluster_known_nodes:{NODES}" in info
                              and "cluster_slots_assigned:16384" in info for node in nodes), "the cluster did not form")
            yield nodes
        finally:
            for node in nodes:
                # A stopped process does not hear that it is to end.
                if node.process.poll() is None:
                    node.resume()
                stop(node.process)


def tenant_of(number: int, prefix: str = "tenant") -> str:
    """A tenant whose buckets lie at a node."""
    return next(tenant for tenant in (f"{prefix}{i}" for i in range(1_000)) if slot_of(tenant) * NODES // SLOTS == number)
