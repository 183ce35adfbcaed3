"""A quiet tenant's probe, and the floods that another tenant makes beside it."""

import http.client
import json
import random
import statistics
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

from .candidates import ARTIFACTS, Candidate, kestrel, run, ROOT
from .processes import Redis, cpu_seconds, cpu_seconds_of_ended_children, cpu_seconds_of_machine

POLICIES = """\
defaultPlan: quiet
plans:
  quiet: { limits: { per-key: { rate: 50/s } } }
  flood: { limits: { all: { by: [], rate: 200/s } } }
  random: { limits: { per-key: { rate: 10/h, burst: 1000000 } } }
tenants:
  quiet: { plan: quiet }
  flood: { plan: flood }
  random: { plan: random }
  batch: { plan: quiet }
"""

KEYS = 50
"""The quiet tenant's keys: at 500 requests a second each asks a fifth of what it may."""

MEMORY_KEYS = 200_000
"""What memory is sized for: a fifth of the random keys."""

RANDOM_KEYS = 1_000_000
BATCH = 1_000
TOOL = ARTIFACTS / "Weir.Cli"


def build() -> None:
    run(["dotnet", "publish", "src/Weir.Cli/Weir.Cli.csproj", "-c", "Release", "-o", str(TOOL), "--nologo", "-v", "quiet",
         "--disable-build-servers"], ROOT)


def servers(policies: Path, folder: Path | None) -> list[Candidate]:
    settings = {"Weir__PolicyFile": str(policies), "Weir__Memory__MaxKeys": str(MEMORY_KEYS)}
    made = [kestrel("memory", "Weir, embedded memory store", "memory", "Weir.Server", **settings),
            kestrel("redis", "Weir on Redis", "redis", "Weir.Server", Weir__Redis__Endpoints="127.0.0.1:{redis}", **settings)]
    return made if folder is None else [Candidate(**{**vars(one), "folder": folder, "project": None}) for one in made]


@dataclass(frozen=True)
class Seen:
    """What the quiet tenant saw in one run. Times are milliseconds."""

    p50: float
    p99: float
    denied: int
    errors: int
    elsewhere: int
    """Answers from another source than should decide."""
    flood_rate: float
    """Decisions a second that the flood got."""
    flood_allowed: float
    """Of these, allowed a second."""
    homeless: int
    """Of so many new keys of the quiet tenant that came right after the flood, those that found no place of their own in memory."""
    cores: float
    """Cores that the whole machine had busy."""
    cores_server: float
    others: float
    """Of these, with something else than Weir, Redis and the generators."""


NEW_KEYS = 1_000


@dataclass(frozen=True)
class Flood:
    name: str
    what: str
    make: Callable[[int, float], Iterator[Callable[[], dict]]]
    """Begins against a port for so many seconds; what it yields waits for the end and says how many requests were decided and allowed."""


def load(port: int, seconds: float, tenant: str, *more: str) -> subprocess.Popen:
    return subprocess.Popen(
        ["dotnet", str(TOOL / "Weir.Cli.dll"), "load", "--url", f"http://127.0.0.1:{port}", "--tenant", tenant, "--duration", f"{seconds:g}s",
         "--warmup", "1s", *more, "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def result(process: subprocess.Popen) -> dict:
    out, trouble = process.communicate()
    if process.returncode not in (0, 1) or not out:
        raise SystemExit(f"weir load failed:\n{trouble}")
    return json.loads(out)["scenarios"][0]


@contextmanager
def nobody(port: int, seconds: float) -> Iterator[Callable[[], dict]]:
    yield lambda: {"requests": 0, "allowed": 0}


def load_of(tenant: str, *more: str):
    @contextmanager
    def make(port: int, seconds: float) -> Iterator[Callable[[], dict]]:
        process = load(port, seconds, tenant, *more)
        try:
            yield lambda: result(process)
        finally:
            process.kill()
            process.wait()

    return make


def post(connection: http.client.HTTPConnection, tenant: str, keys: list[str]) -> list[dict]:
    requests = [{"tenant": tenant, "key": key} for key in keys]
    connection.request("POST", "/v1/batch", json.dumps({"requests": requests}), {"Content-Type": "application/json"})
    return json.loads(connection.getresponse().read())["decisions"]


def fill(port: int) -> None:
    """A million random keys, in batches, before the flood goes on with further ones."""
    drawn, connection = random.Random(1), http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(RANDOM_KEYS // BATCH):
        post(connection, "random", [f"{drawn.getrandbits(64):x}" for _ in range(BATCH)])
    connection.close()


@contextmanager
def batches(port: int, seconds: float) -> Iterator[Callable[[], dict]]:
    """Eight batches of a thousand at the same moment, four times a second."""
    body = json.dumps({"requests": [{"tenant": "flood", "key": f"user_{i}"} for i in range(BATCH)]}).encode()
    end, decided, allowed = time.monotonic() + seconds + 1, [0], [0]

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while (left := end - time.monotonic()) > 0:
            connection.request("POST", "/v1/batch", body, {"Content-Type": "application/json"})
            answer = connection.getresponse().read()
            decided[0] += BATCH
            allowed[0] += answer.count(b'"allowed":true,"tenant"')
            # All wake at the same quarter of a second.
            time.sleep(min(max(0, left), 0.25 - time.monotonic() % 0.25))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()

    def wait() -> dict:
        for thread in threads:
            thread.join()
        return {"requests": decided[0] * seconds / (seconds + 1), "allowed": allowed[0] * seconds / (seconds + 1)}

    yield wait


@contextmanager
def batches_in_a_row(port: int, seconds: float) -> Iterator[Callable[[], dict]]:
    """Batches of a thousand on one connection, each as soon as the one before it is answered, over 20,000 keys that may take."""
    bodies = [json.dumps({"requests": [{"tenant": "batch", "key": f"key_{part}_{i}"} for i in range(BATCH)]}).encode() for part in range(20)]
    end, decided, allowed = time.monotonic() + seconds + 1, [0], [0]

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.monotonic() < end:
            connection.request("POST", "/v1/batch", bodies[decided[0] // BATCH % len(bodies)], {"Content-Type": "application/json"})
            answer = connection.getresponse().read()
            decided[0] += BATCH
            allowed[0] += answer.count(b'"allowed":true,"tenant"')
        connection.close()

    thread = threading.Thread(target=send)
    thread.start()

    def wait() -> dict:
        thread.join()
        return {"requests": decided[0] * seconds / (seconds + 1), "allowed": allowed[0] * seconds / (seconds + 1)}

    yield wait


FLOODS = [
    Flood("alone", "nobody else asks", nobody),
    Flood("20 times", "another tenant asks 4,000 times a second of the 200 that it may", load_of("flood", "--rate", "4000", "--users", "100")),
    Flood("random keys", "another has asked for a million random keys and goes on, 4,000 a second",
          load_of("random", "--rate", "4000", "--users", "100", "--keys", "1000000000")),
    Flood("batches", "another sends eight batches of a thousand at once, four times a second", batches),
    Flood("batches in a row", "another sends batches of a thousand on one connection, each when the one before it is answered", batches_in_a_row),
    Flood("saturating", "another asks as fast as 64 connections can, with the generator on the same cores", load_of("flood", "--users", "64")),
]


def overflowed(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return sum(int(line.split(" ")[1]) for line in lines if line.startswith("weir_memory_overflowed"))


def homeless(port: int, source: str) -> int:
    """New keys of the quiet tenant that find no place of their own; 0 where Redis keeps them."""
    if source == "redis":
        return 0
    before, connection = overflowed(port), http.client.HTTPConnection("127.0.0.1", port)
    post(connection, "quiet", [f"new{random.getrandbits(64):x}" for _ in range(NEW_KEYS)])
    connection.close()
    # The exporter gives what it gave a moment ago to whoever asks again at once.
    time.sleep(0.5)
    return overflowed(port) - before


def measure(server: Candidate, process: subprocess.Popen, port: int, redis: Redis, flood: Flood, seconds: float) -> Seen:
    def spent() -> tuple[float, float, float]:
        """Seconds of processor time: Weir's, everybody's, and that of the programs of this run (its own and its ended children's too)."""
        weir = cpu_seconds(process)
        return weir, cpu_seconds_of_machine(), weir + cpu_seconds(redis.process) + cpu_seconds_of_ended_children() + time.process_time()

    began, before = time.monotonic(), spent()
    with flood.make(port, seconds + 1) as wait:
        # The flood's own warm-up second is not the probe's.
        time.sleep(1)
        probe = result(load(port, seconds, "quiet", "--rate", "500", "--users", "50", "--keys", str(KEYS)))
        made = wait()
    span = time.monotonic() - began
    own, machine, ours = (after - earlier for earlier, after in zip(before, spent()))
    other = "memory" if server.uses_redis else "redis"
    errors = probe["errors"]
    return Seen(
        p50=probe["latencyMs"]["p50"], p99=probe["latencyMs"]["p99"], denied=probe["denied"],
        errors=errors if isinstance(errors, int) else sum(value for value in errors.values() if isinstance(value, int)),
        elsewhere=probe["source"][other],
        flood_rate=made["requests"] / (seconds + 1), flood_allowed=made["allowed"] / (seconds + 1),
        homeless=homeless(port, server.source), cores=machine / span, cores_server=own / span, others=max(0.0, machine - ours) / span)


def median(runs: list[Seen], field: str) -> float:
    return statistics.median(getattr(run, field) for run in runs)
