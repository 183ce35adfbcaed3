"""Writes a run down as Markdown, between two marks, so that what stands around it stays."""

import json
import os
import platform
import re
import subprocess
import textwrap
from dataclasses import asdict, dataclass
from pathlib import Path

from .candidates import PEERS
from .measure import Complaints, Server, medians
from .ratios import Round, table

QUIET = 0.2
"""Cores that somebody else may take before the figures are called noise."""


@dataclass(frozen=True)
class Section:
    """A part of a Markdown file that a script writes, between two marks."""

    name: str
    script: str
    title: str

    @property
    def begin(self) -> str:
        return f"<!-- {self.name}: begin (written by {self.script}) -->"

    @property
    def end(self) -> str:
        return f"<!-- {self.name}: end -->"


SIDE_BY_SIDE = Section("side by side", "bench/run-http", "Services side by side, over HTTP")


def report(servers: list[Server], rounds: list[Round], complaints: Complaints, command: str, date: str) -> str:
    lines = [f"Measured {date} by `{command}`: {len(rounds)} interleaved rounds, medians over the rounds.", "", machine(), ""]
    for connections in sorted({connections for one in rounds for _, connections in one}):
        lines += [f"### {connections:,} connections", "", *figures(servers, rounds, connections), ""]
    ratios = table(rounds)
    if len(ratios) > 2:
        lines += ["### Ratios, each within a round", "", *ratios, ""]
    busy = max(one.others for a_round in rounds for one in a_round.values())
    trouble = complaints.lines()
    if busy > QUIET:
        trouble += [f"up to {busy:.2f} cores were busy with something else; measure again on a quiet machine"]
    lines += [f"At most {busy:.2f} cores were busy with something else during a measured run. "
              "Latencies are those of a closed loop that is always saturated, so they follow from the rate."]
    if trouble:
        lines += ["", "**Not to be trusted:**", "", *(f"* {complaint}" for complaint in trouble)]
    return "\n".join(lines)


def figures(servers: list[Server], rounds: list[Round], connections: int) -> list[str]:
    lines = ["| service | requests/s | p50 ms | p95 ms | p99 ms | refused | errors | late connects | CPU µs a request: server | Redis | generator "
             "| scripts a request | answer bytes |",
             "| --- |" + " ---: |" * 12]
    for server in servers:
        name = server.candidate.name
        runs = [one[name, connections] for one in rounds if (name, connections) in one]
        if runs:
            m = medians(runs)
            lines.append(
                f"| {name} | {m.rate:,.0f} | {m.p50:.2f} | {m.p95:.2f} | {m.p99:.2f} | {m.refused:.1%} | {m.errors} | {m.late_connects} "
                f"| {m.cpu_server:.1f} | {m.cpu_redis:.1f} | {m.cpu_generator:.1f} | {m.script_calls:.2f} | {server.answer_bytes} |")
    return lines


def machine() -> str:
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    versions = [f"{os.cpu_count()} cores ({model[1].strip() if model else platform.machine()})", f"Linux {platform.release()}",
                f".NET {first_line('dotnet', '--list-runtimes', match=r'Microsoft.AspNetCore.App (10[.][0-9.]+)')}",
                f"Redis {first_line('redis-server', '--version', match=r'v=([0-9.]+)')}",
                f"Node {first_line('node', '--version', match=r'v(.+)')}",
                f"wrk {first_line('wrk', '-v', match=r'wrk (?:debian/)?([0-9.]+)')}"]
    for package in ("express", "fastify"):
        wanted = json.loads((PEERS / package / "package.json").read_text())["dependencies"]
        versions += [f"{name} {version}" for name, version in wanted.items()]
    return "Machine: " + ", ".join(dict.fromkeys(versions)) + "."


def own_machine() -> str:
    """The same where only our own programs and Redis take part."""
    return machine().split(", Node")[0] + "."


def first_line(*command: str, match: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return "absent"
    found = re.search(match, done.stdout + done.stderr)
    return found[1] if found else "unknown"


def write(path: Path, text: str, where: Section = SIDE_BY_SIDE) -> None:
    section = f"{where.begin}\n{folded(text)}\n{where.end}"
    old = path.read_text() if path.exists() else "# Results\n\nHow these are measured, and what they are worth, is in [README.md](README.md).\n"
    if where.begin in old and where.end in old:
        head, rest = old.split(where.begin, 1)
        new = head + section + rest.split(where.end, 1)[1]
    else:
        new = f"{old.rstrip()}\n\n## {where.title}\n\n{section}\n"
    path.write_text(new)


def folded(text: str) -> str:
    """Lines of prose of at most 120 columns; rows of tables stay as they are."""
    return "\n".join(
        line if line.startswith("|") else textwrap.fill(line, 120, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n"))


def as_json(rounds: list[Round]) -> str:
    return json.dumps([[{"service": name, "connections": connections, **asdict(figures)}
                        for (name, connections), figures in one.items()] for one in rounds], indent=2)
