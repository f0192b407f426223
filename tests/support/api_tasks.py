"""Task functions that the tests of the API submit to."""

from typing import Any

from pydantic import BaseModel

from taskmill import task


class Airport(BaseModel):
    iata: str
    runways: int


@task("typed")
def typed(airport: Airport) -> str:
    return airport.iata


@task("any")
def anything(value: Any) -> Any:
    return value


@task("api-odd-fails")
def odd_fails(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd")
    return value
