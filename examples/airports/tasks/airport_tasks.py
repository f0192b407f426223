"""Two task functions: import one airport, as a subtask; export all imported airports as CSV."""

from __future__ import annotations

import csv
import io
import math
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

import boto3
from airport_hubs import HUBS, Position
from pydantic import AfterValidator, BaseModel, Field

from taskmill import Retry, TaskContext, current_service, task
from taskmill.models import Task

EARTH_RADIUS_KM = 6_371.0


def _present(text: str) -> str:
    if text.strip() in ("", "NA"):
        raise ValueError(f"is missing ({text})" if text.strip() else "is missing")
    return text


Present = Annotated[str, AfterValidator(_present)]


class Airport(BaseModel):
    """One row of ``airports.csv``."""

    iata: Annotated[str, Field(min_length=3, max_length=4)]
    name: Present
    city: Present
    state: Present
    country: Present
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class ImportedAirport(BaseModel):
    """An airport and its nearest large hub, by great-circle distance."""

    iata: str
    state: str
    nearest_hub: str
    hub_distance_km: float


class ExportRequest(BaseModel):
    """The public key of the step function task whose airports are exported."""

    pk: str
    sk: str


class Export(BaseModel):
    """Bucket and key of the CSV, and the numbers of airports and states in it."""

    bucket: str
    key: str
    airports: int
    states: int


@task("airport-import", timeout_seconds=30)
def import_airport(airport: Airport) -> ImportedAirport:
    """Check one row, and find the hub nearest to the airport."""
    here = (airport.latitude, airport.longitude)
    hub, distance = min(
        ((code, distance_km(here, place)) for code, place in HUBS.items()),
        key=lambda each: each[1],
    )
    return ImportedAirport(
        iata=airport.iata,
        state=airport.state,
        nearest_hub=hub,
        hub_distance_km=round(distance, 1),
    )


@task("data-export", retry=Retry(max_attempts=5), timeout_seconds=120)
def export_by_state(request: ExportRequest, ctx: TaskContext) -> Export:
    """Sum up an import by state and store it as CSV in the payload bucket."""
    service = current_service()
    key = {"pk": request.pk, "sk": request.sk}
    total = service.get_progress(key=key).total
    states: defaultdict[str, State] = defaultdict(State)
    for start in range(0, total, 500):
        for each in service.list_sub_tasks(key=key, start=start, limit=500):
            add(states, each)
        ctx.progress(min(start + 500, total), total, "subtasks read")
    place = f"exports/{ctx.key.tenant}/{ctx.key.code}.csv"
    bucket = os.environ["TASKMILL_BUCKET"]
    boto3.client("s3").put_object(Bucket=bucket, Key=place, Body=as_csv(states))
    airports = sum(len(each.distances) for each in states.values())
    return Export(bucket=bucket, key=place, airports=airports, states=len(states))


@dataclass
class State:
    """The airports of one state: the distance to the nearest hub, and that hub, of each."""

    distances: list[float] = field(default_factory=list)
    hubs: list[str] = field(default_factory=list)


def add(states: defaultdict[str, State], subtask: Task) -> None:
    """Add a subtask's airport to its state; failed subtasks have no result and are left out."""
    result = subtask.attributes.get("result")
    if isinstance(result, dict):
        imported = ImportedAirport.model_validate(result)
        states[imported.state].distances.append(imported.hub_distance_km)
        states[imported.state].hubs.append(imported.nearest_hub)


def as_csv(states: dict[str, State]) -> str:
    """One line per state, the one with the most airports first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["state", "airports", "mean_hub_distance_km", "farthest_km", "usual_hub"])
    for name, state in sorted(states.items(), key=lambda each: (-len(each[1].distances), each[0])):
        count = len(state.distances)
        mean = round(sum(state.distances) / count, 1)
        writer.writerow([name, count, mean, max(state.distances), most_common(state.hubs)])
    return text.getvalue()


def most_common(names: Iterable[str]) -> str:
    listed = sorted(names)
    return max(listed, key=listed.count)


def distance_km(here: Position, there: Position) -> float:
    """Great-circle distance by the haversine formula."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*here, *there))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))
