"""A load of prepared pipelines on the Redis protocol: cheap enough that the server, not the load, is measured."""

import selectors
import socket
import time

# Each reply is an array of five.
REPLY = b"*5\r\n"


def encode(words: list[str]) -> bytes:
    return b"".join([b"*%d\r\n" % len(words), *(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words)])


class Pipeline:
    """One connection, which sends a pipeline when the last one is answered."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 2)
        self.owed, self.tail = 0, b""

    def send(self, pipeline: bytes, depth: int) -> None:
        self.socket.sendall(pipeline)
        self.owed, self.tail = depth, b""

    def receive(self) -> int:
        """Reads what is there, and returns the number of replies that began in it."""
        data = self.tail + self.socket.recv(1 << 16)
        if data == self.tail:
            raise RuntimeError("the server closed a connection")
        if b"-ERR" in data:
            raise RuntimeError(data.decode(errors="replace")[:200])
        replies = data.count(REPLY)
        self.owed -= replies
        # The head of a reply may be split between two reads.
        self.tail = data[-3:] if not data.endswith(REPLY) else b""
        return replies

    @property
    def is_answered(self) -> bool:
        return self.owed <= 0


def commands_per_second(port: int, pipelines: list[bytes], connections: int, depth: int, seconds: float) -> float:
    """Sends the prepared pipelines in turn over the connections, and counts the replies."""
    selector = selectors.DefaultSelector()
    at = 0
    for _ in range(connections):
        connection = Pipeline(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(pipelines[at % len(pipelines)], depth)
        at += 1
    replies, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        for key, _ in selector.select(1):
            replies += key.data.receive()
            if key.data.is_answered:
                key.data.send(pipelines[at % len(pipelines)], depth)
                at += 1
    elapsed = time.monotonic() - began
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    return replies / elapsed
