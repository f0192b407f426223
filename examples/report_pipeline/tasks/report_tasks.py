"""A report in four steps: summaries as children, distances as subtasks, a text, a notice."""

from __future__ import annotations

from collections import Counter
from math import asin, cos, radians, sin, sqrt
from typing import Any

from pydantic import BaseModel

from taskmill import Retry, TaskContext, task
from taskmill.callback_models import TaskEnded

EARTH_KM = 6_371.0
FLAKY_STATE = "TX"  # its first two attempts fail, as if a service were down


class Airport(BaseModel):
    """An airport: some columns of ``airports.csv``."""

    iata: str
    name: str
    city: str
    state: str
    latitude: float
    longitude: float


class State(BaseModel):
    """A state with its airports."""

    name: str
    airports: list[Airport]


class Summary(BaseModel):
    """The figures of a state in the report."""

    state: str
    airports: int
    cities: int
    northernmost: str


class Pair(BaseModel):
    """An airport, and the airports among which to look for its nearest neighbour."""

    airport: Airport
    others: list[Airport]


class Distance(BaseModel):
    """The distance between an airport and its nearest neighbour."""

    airport: str
    neighbour: str
    km: float


class ReportRequest(BaseModel):
    """The title of the report, and the states that it covers."""

    title: str
    states: list[State]


class Report(BaseModel):
    """The finished report."""

    title: str
    lines: list[str]
    loneliest: Distance


class SourceDown(Exception):
    """The service with the numbers does not answer."""


@task("state-summary", retry=Retry(max_attempts=3, base_seconds=1, jitter="none", on=(SourceDown,)))
def state_summary(state: State, ctx: TaskContext) -> Summary:
    if state.name == FLAKY_STATE and ctx.attempt < 3:
        raise SourceDown(f"no numbers for {state.name}, attempt {ctx.attempt}")
    cities = Counter(airport.city for airport in state.airports)
    northernmost = max(state.airports, key=lambda airport: airport.latitude)
    return Summary(
        state=state.name,
        airports=len(state.airports),
        cities=len(cities),
        northernmost=northernmost.name,
    )


@task("nearest-airport")
def nearest_airport(pair: Pair) -> Distance:
    here = pair.airport
    others = [other for other in pair.others if other.iata != here.iata]
    nearest = min(others, key=lambda other: kilometres(here, other))
    return Distance(
        airport=here.name, neighbour=nearest.name, km=round(kilometres(here, nearest), 1)
    )


@task("report", on_success="announce-report")
def report(request: ReportRequest, ctx: TaskContext) -> Report:
    """Waits twice: for a child per state, then for a fan-out over 200 airports."""
    summaries: list[Summary] = ctx.gather(state_summary, request.states)
    airports = [airport for state in request.states for airport in state.airports][:200]
    nearby = sorted(airports, key=lambda airport: airport.latitude)
    pairs = [
        Pair(airport=airport, others=nearby[max(0, place - 10) : place + 11])
        for place, airport in enumerate(nearby)
    ]
    distances: list[Distance] = list(ctx.map(nearest_airport, pairs))
    return Report(
        title=request.title,
        lines=[f"{each.state}: {each.airports} airports" for each in summaries],
        loneliest=max(distances, key=lambda each: each.km),
    )


@task("announce-report")
def announce_report(ended: TaskEnded) -> str:
    """The callback of a report; its input is a snapshot of the report's task."""
    result: Any = ended.task.attributes["result"]
    return f"{result['title']} is ready; the loneliest airport is {result['loneliest']['airport']}"


def kilometres(one: Airport, other: Airport) -> float:
    """Great-circle distance."""
    north, south = radians(one.latitude), radians(other.latitude)
    east = radians(other.longitude - one.longitude)
    part = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(part))
