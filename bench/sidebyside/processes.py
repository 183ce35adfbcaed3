"""Starting, watching and stopping what a run needs: servers, one Redis, and what they cost in CPU time."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
REQUEST_BODY = '{"key":"%s","cost":1}'


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def stop(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()


def cpu_seconds(process: subprocess.Popen) -> float:
    """User and kernel time of a running process, all its threads together."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


def cpu_seconds_of_ended_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cpu_seconds_of_machine() -> float:
    """All work done on the machine, by whomever, and what the hypervisor gave to others."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND


def late_connects() -> int:
    """Connections of the whole machine that found a listener's queue full, and had to try again a second later."""
    names, values = (line.split() for line in Path("/proc/net/netstat").read_text().splitlines()[:2])
    return int(dict(zip(names, values)).get("ListenOverflows", 0))


def ask(port: int, key: str) -> bytes:
    """The raw answer to one take, headers and all."""
    body = REQUEST_BODY % key
    request = (f"POST /limit/incr HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(body)}\r\n\r\n{body}")
    with socket.create_connection(("127.0.0.1", port), 2) as connection:
        connection.settimeout(2)
        connection.sendall(request.encode())
        answer = b""
        # A decision is one flat JSON object, so its brace ends the answer (or, where it is sent in chunks, the last empty chunk).
        while not answer.endswith((b"}", b"}\r\n0\r\n\r\n")):
            received = connection.recv(65536)
            if not received:
                break
            answer += received
        return answer


def wait_until_it_answers(process: subprocess.Popen, port: int, source: str, seconds: float = 20) -> None:
    """Ready is a server that decides as it should: on Redis, where it was given one."""
    wanted, seen, deadline = f'"source":"{source}"'.encode(), b"nothing", time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"it ended with {process.returncode}")
        try:
            seen = ask(port, "ready")
            if seen.startswith(b"HTTP/1.1 200") and wanted in seen:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"it did not answer {wanted.decode()} within {seconds} s; the last answer was {seen.decode(errors='replace')}")


class Redis:
    """A Redis of this run's own, on a free port, that keeps nothing on disk."""

    def __init__(self, program: str) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 10
        while True:
            try:
                return self.call("PING") and None
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    stop(self.process)
                    raise SystemExit("redis-server did not start")
                time.sleep(0.05)

    def call(self, *words: str) -> str:
        """One inline command; enough of the protocol for the few that a run needs."""
        with socket.create_connection(("127.0.0.1", self.port), 2) as connection:
            connection.sendall((" ".join(words) + "\r\nQUIT\r\n").encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

    def script_calls(self) -> int:
        """How many scripts and functions Redis has run since it started."""
        lines = self.call("INFO", "commandstats").splitlines()
        return sum(int(line.split("calls=")[1].split(",")[0]) for line in lines
                   if line.startswith(("cmdstat_eval", "cmdstat_fcall")))

    def lookups(self) -> int:
        """How many keys Redis has looked up to read since it started: one a decision, in each service's script."""
        lines = self.call("INFO", "stats").splitlines()
        return sum(int(line.split(":")[1]) for line in lines if line.startswith(("keyspace_hits", "keyspace_misses")))


@contextmanager
def redis_server():
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if not program:
        raise SystemExit("redis-server is not on the PATH: install it (apt-get install redis-server)")
    redis = Redis(program)
    try:
        yield redis
    finally:
        stop(redis.process)
