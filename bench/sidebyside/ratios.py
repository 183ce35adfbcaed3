"""The ratios that must hold, each taken within a round, since two runs a minute apart may have had different machines."""

import statistics
from dataclasses import dataclass
from typing import Callable

from .measure import Figures

Round = dict[tuple[str, int], Figures]


@dataclass(frozen=True)
class Ratio:
    what: str
    over: tuple[str, int]
    under: tuple[str, int]
    figure: Callable[[Figures], float]
    must: str | None = None

    def of(self, rounds: list[Round]) -> list[float]:
        return [self.figure(one[self.over]) / self.figure(one[self.under]) for one in rounds
                if self.over in one and self.under in one and self.figure(one[self.under]) > 0]

    def holds(self, ratio: float) -> bool | None:
        if self.must is None:
            return None
        relation, bound = self.must.split()
        return ratio >= float(bound) if relation == ">=" else ratio <= float(bound)


def rate(over: str, under: str, connections: int, must: str | None = None) -> Ratio:
    return Ratio(f"requests/s of {over} / {under}, {connections:,} connections",
                 (over, connections), (under, connections), lambda one: one.rate, must)


RATIOS = [
    rate("weir-redis", "ceiling", 100, ">= 0.55"),
    rate("weir-redis", "express", 100, ">= 8"),
    Ratio("p95 of weir-redis at 1,000 connections / p95 of express at 100",
          ("weir-redis", 1000), ("express", 100), lambda one: one.p95, "<= 1"),
    rate("weir-memory", "ceiling", 100, ">= 0.9"),
    rate("weir-redis", "ceiling-bare", 100),
    rate("weir-memory", "ceiling-bare", 100),
    rate("weir-redis", "express-as-it-comes", 100),
    Ratio("p95 of weir-redis at 1,000 connections / p95 of express-as-it-comes at 100",
          ("weir-redis", 1000), ("express-as-it-comes", 100), lambda one: one.p95),
    rate("weir-redis", "fastify-rlf", 100),
    rate("weir-redis", "fastify-rlf-block", 100),
    rate("weir-redis", "ceiling", 1000),
    rate("weir-redis", "express", 1000),
    rate("weir-memory", "ceiling", 1000),
    rate("ceiling", "ceiling-bare", 100),
    rate("ceiling", "express", 100),
    rate("ceiling", "express-as-it-comes", 100),
    rate("ceiling", "fastify-rlf", 100),
]


def table(rounds: list[Round]) -> list[str]:
    lines = ["| ratio | must | median | least | most | |", "| --- | --- | ---: | ---: | ---: | --- |"]
    for ratio in RATIOS:
        values = ratio.of(rounds)
        if values:
            median = statistics.median(values)
            verdict = {True: "holds", False: "**does not hold**", None: ""}[ratio.holds(median)]
            lines.append(f"| {ratio.what} | {ratio.must or ''} | {median:.2f} | {min(values):.2f} | {max(values):.2f} | {verdict} |")
    return lines
