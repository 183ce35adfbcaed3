"""The services that are measured: how each is built, and how it is started."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "artifacts" / "bench"
PEERS = ROOT / "bench" / "peers"


@dataclass(frozen=True)
class Candidate:
    name: str
    what: str
    source: str
    """Who must say that it decided: redis or memory."""
    folder: Path
    command: list[str]
    """What starts it in its folder; {port} stands for the port."""
    environment: dict[str, str] = field(default_factory=dict)
    """What it is started with besides; {redis} stands for the port of Redis."""
    project: str | None = None
    """What is published into the folder; None for a Node package."""

    leases: bool = False
    """Whether it may decide by what it knows of Redis, so that Redis need not see each decision."""

    @property
    def uses_redis(self) -> bool:
        return self.source == "redis"

    def build(self) -> None:
        if self.project:
            run(["dotnet", "publish", self.project, "-c", "Release", "-o", str(self.folder), "--nologo", "-v", "quiet",
                 "--disable-build-servers"], ROOT)
        elif not (self.folder / "node_modules").is_dir():
            run(["npm", "ci", "--omit=dev", "--no-audit", "--no-fund"], self.folder)

    def start(self, port: int, redis_port: int) -> subprocess.Popen:
        logs = ARTIFACTS / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        environment = {name: value.format(port=port, redis=redis_port) for name, value in self.environment.items()}
        with open(logs / f"{self.name}.log", "wb") as log:
            return subprocess.Popen(
                [part.format(port=port) for part in self.command], cwd=self.folder, env={**os.environ, **environment},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def log(self) -> str:
        return (ARTIFACTS / "logs" / f"{self.name}.log").read_text(errors="replace")[-2000:]


def run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def kestrel(name: str, what: str, source: str, project: str, *more: str, leases: bool = False, **environment: str) -> Candidate:
    return Candidate(
        name, what, source, ARTIFACTS / project,
        ["dotnet", f"{project}.dll", "--urls", "http://127.0.0.1:{port}", *more],
        {"ASPNETCORE_ENVIRONMENT": "Production", "DOTNET_ENVIRONMENT": "Production", **environment},
        project=f"{'bench' if project == 'Weir.Ceiling' else 'src'}/{project}/{project}.csproj", leases=leases)


def node(name: str, what: str, package: str, leases: bool = False, **environment: str) -> Candidate:
    return Candidate(
        name, what, "redis", PEERS / package, ["node", "server.js"],
        {"NODE_ENV": "production", "PORT": "{port}", "REDIS_URL": "redis://127.0.0.1:{redis}", **environment}, leases=leases)


CANDIDATES = [
    kestrel("ceiling", "Kestrel that parses the request and decides nothing", "memory", "Weir.Ceiling"),
    kestrel("ceiling-bare", "Kestrel that reads the request unparsed and decides nothing", "memory", "Weir.Ceiling", "--bare"),
    kestrel("weir-memory", "Weir, embedded memory store", "memory", "Weir.Server"),
    kestrel("weir-redis", "Weir on Redis", "redis", "Weir.Server", leases=True, Weir__Redis__Endpoints="127.0.0.1:{redis}"),
    node("express", "Express, ioredis and one Lua script", "express"),
    node("express-as-it-comes", "the same with the defaults of Express and ioredis", "express", TUNED="no"),
    node("fastify-rlf", "rate-limiter-flexible on Fastify and ioredis", "fastify"),
    node("fastify-rlf-block", "the same with its block in memory", "fastify", leases=True, BLOCK="yes"),
]
