"""One run of the load generator against one server, and what is read off it."""

import json
import shutil
import statistics
import subprocess
from dataclasses import dataclass

from .candidates import ROOT, Candidate
from .processes import Redis, cpu_seconds, cpu_seconds_of_ended_children, cpu_seconds_of_machine, late_connects

SCRIPT = ROOT / "bench" / "load" / "take.lua"


@dataclass(frozen=True)
class Server:
    candidate: Candidate
    process: subprocess.Popen
    port: int
    answer_bytes: int


@dataclass(frozen=True)
class Load:
    seconds: float
    threads: int
    keys: int
    spread: str = "even"
    """How requests are spread over the keys: even, or zipf, whose n-th key has 1/n of the first one's."""

    def against(self, port: int, connections: int, seconds: float | None = None, source: str | None = None) -> dict:
        wrk = shutil.which("wrk")
        if not wrk:
            raise SystemExit("wrk is not on the PATH: install it (apt-get install wrk)")
        command = [wrk, f"-t{self.threads}", f"-c{connections}", f"-d{max(1, round(seconds or self.seconds))}s", "-s", str(SCRIPT),
                   f"http://127.0.0.1:{port}", "--", str(self.keys), self.spread, *([source] if source else [])]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout.strip().splitlines()[-1])


@dataclass(frozen=True)
class Figures:
    """One measured run. Times are milliseconds, CPU is microseconds a request."""

    rate: float
    p50: float
    p95: float
    p99: float
    refused: float
    """Share of the answers with a status over 399; that these are refusals and nothing worse is what the checked run before shows."""
    errors: int
    cpu_server: float
    cpu_redis: float
    cpu_generator: float
    script_calls: float
    """Scripts run by Redis a request: near 1 where each decision is a call, less where decisions share one, 0 where none asks Redis."""
    lookups: float
    """Keys looked up by Redis a request: near 1 where Redis decides each."""
    late_connects: int
    """Connections that found the listener's queue full; their requests wait a second and more."""
    others: float
    """Cores that were busy with something else meanwhile."""


class Complaints:
    """What would make a run worth nothing, summed up over the rounds."""

    def __init__(self) -> None:
        self._wrong: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, where: str, what: str, wrong: int, of: int) -> None:
        before = self._wrong.get((where, what), (0, 0))
        self._wrong[where, what] = before[0] + wrong, before[1] + of

    def lines(self) -> list[str]:
        return [f"{where}: {wrong:,} of {of:,} {what}" for (where, what), (wrong, of) in self._wrong.items() if wrong]


def check(load: Load, server: Server, connections: int, seconds: float, complaints: Complaints) -> None:
    """Warms a server up, looking at every answer."""
    seen = load.against(server.port, connections, seconds, server.candidate.source)
    where = f"{server.candidate.name} at {connections:,} connections"
    complaints.add(where, "checked answers had a status other than 200 and 429", seen["wrong_status"], seen["looked"])
    complaints.add(where, f"checked answers had a source other than {server.candidate.source}", seen["wrong_source"], seen["looked"])


def expect_redis(server: Server, connections: int, figures: Figures, complaints: Complaints) -> None:
    """A measured run is not looked at answer by answer, but decisions that Redis did not make are missing in its count."""
    if server.candidate.uses_redis and not server.candidate.leases:
        complaints.add(f"{server.candidate.name} at {connections:,} connections", "measured runs decided over a tenth without Redis",
                       int(figures.lookups < 0.9), 1)


def measure(load: Load, server: Server, connections: int, redis: Redis) -> Figures:
    redis.call("FLUSHALL")
    calls, lookups, late = redis.script_calls(), redis.lookups(), late_connects()
    machine, children = cpu_seconds_of_machine(), cpu_seconds_of_ended_children()
    before = cpu_seconds(server.process), cpu_seconds(redis.process)
    seen = load.against(server.port, connections)
    after = cpu_seconds(server.process), cpu_seconds(redis.process)
    generator = cpu_seconds_of_ended_children() - children
    machine = cpu_seconds_of_machine() - machine
    requests, seconds = max(1, seen["requests"]), seen["duration_us"] / 1e6
    in_server, in_redis = after[0] - before[0], after[1] - before[1]
    return Figures(
        rate=requests / seconds,
        p50=seen["p50_us"] / 1000, p95=seen["p95_us"] / 1000, p99=seen["p99_us"] / 1000,
        refused=seen["over_399"] / requests,
        errors=seen["socket_errors"],
        cpu_server=in_server * 1e6 / requests, cpu_redis=in_redis * 1e6 / requests, cpu_generator=generator * 1e6 / requests,
        script_calls=(redis.script_calls() - calls) / requests,
        lookups=(redis.lookups() - lookups) / requests,
        late_connects=late_connects() - late,
        others=max(0.0, machine - in_server - in_redis - generator) / seconds)


def medians(rounds: list[Figures]) -> Figures:
    """Figure by figure; what went wrong adds up, since a median would hide it."""
    values = {name: statistics.median(getattr(one, name) for one in rounds) for name in Figures.__annotations__}
    sums = {name: sum(getattr(one, name) for one in rounds) for name in ("errors", "late_connects")}
    return Figures(**{**values, **sums})
