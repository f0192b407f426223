"""Time zones are places of the IANA database, or UTC, wherever one is taken."""

import pytest
from typer.testing import CliRunner

from taskmill.errors import InvalidRequest
from taskmill.model.recurrence.timetable import check_timezone
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

NO_ZONES = [
    "EST5EDT",
    "CST6CDT",
    "MST7MDT",
    "PST8PDT",
    "EST",
    "MST",
    "HST",
    "CET",
    "MET",
    "EET",
    "WET",
    "localtime",
    "posixrules",
    "Factory",
    "posix/Europe/Berlin",
    "right/Europe/Berlin",
    "/usr/share/zoneinfo/Europe/Berlin",
    "/etc/localtime",
    "../etc/localtime",
    "Europe/../Europe/Berlin",
    "europe/berlin",
    "EUROPE/BERLIN",
    "Europe/Berlin ",
    "Europe",
    "Europe/",
    "zone.tab",
    "tzdata.zi",
    "UTC+1",
    "GMT+1",
    "+01:00",
    "utc",
    "",
]


@pytest.mark.parametrize("name", NO_ZONES)
def test_what_is_no_place_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="write a name such as UTC or Europe/Berlin"):
        check_timezone(name)


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Berlin", "America/New_York", "America/Argentina/Ushuaia", "Etc/GMT+5"]
)
def test_places_and_utc_are_taken(name: str) -> None:
    assert check_timezone(name) == name


@pytest.mark.parametrize("name", ["EST5EDT", "localtime", "Factory", "/etc/localtime"])
def test_a_schedule_is_refused_with_its_field(cloud: InProcessCloud, name: str) -> None:
    body = {"taskType": "any", "expression": "cron(0 6 * * ? *)", "timezone": name}

    answer = InProcessApi().put("/v1/tenants/mbc/schedules/nightly", body)

    assert (answer.status, answer.error["details"][0]["field"]) == (422, "timezone")
    with pytest.raises(InvalidRequest, match="timezone"):
        cloud.service.schedule(
            tenant_code="mbc",
            name="nightly",
            task_type="any",
            expression="cron(0 6 * * ? *)",
            timezone=name,
        )


@pytest.mark.parametrize("at", ["2027-01-05T06:00:00", "2027-01-05T06:00:00 EST5EDT", "tomorrow"])
def test_a_start_has_an_offset_not_a_zone(at: str) -> None:
    from taskmill.cli.app import app

    start = ("--url", "https://x.example", "--tenant", "mbc")
    answer = CliRunner().invoke(app, (*start, "submit", "any", "--at", at))

    assert answer.exit_code == 2
