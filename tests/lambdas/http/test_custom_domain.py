"""An API that browsers call, and one that is mapped to a path of a custom domain."""

from collections.abc import Iterator

import pytest

from taskmill.testing import InProcessCloud
from taskmill.testing.http import Answer, InProcessApi, handler
from taskmill.wiring.settings import Settings


@pytest.fixture
def _jobs() -> Iterator[None]:
    with InProcessCloud(environment={"TASKMILL_BASE_PATH": "jobs/v2"}):
        yield


def get(path: str) -> Answer:
    return InProcessApi().request("GET", path)


@pytest.mark.usefixtures("_jobs")
@pytest.mark.parametrize(
    "path",
    [
        "/jobs/v2/v1/tenants/mbc/tasks",
        "/v1/tenants/mbc/tasks",  # by API Gateway's own host, which knows no mapping
        "/jobs/v2/openapi.json",
        "/jobs/v2/health",
    ],
)
def test_routes_are_found_below_the_base_path(path: str) -> None:
    assert get(path).status == 200


@pytest.mark.usefixtures("_jobs")
@pytest.mark.parametrize(
    "path",
    [
        "/jobs/v1/tenants/mbc/tasks",
        "/jobs/v2v1/tenants/mbc/tasks",
        "/jobs/v2",
        "/jobs/v2/jobs/v2/health",
        "/Jobs/v2/health",
    ],
)
def test_other_paths_are_no_routes(path: str) -> None:
    assert get(path).status == 404


@pytest.mark.usefixtures("_jobs")
def test_the_openapi_document_says_where_the_api_is() -> None:
    assert get("/jobs/v2/openapi.json").body["servers"] == [{"url": "/jobs/v2"}]


def test_without_a_base_path_the_api_is_at_the_root(cloud: InProcessCloud) -> None:
    assert get("/openapi.json").body["servers"] == [{"url": "/"}]
    assert get("/jobs/health").status == 404


@pytest.mark.parametrize("written", ["jobs/v2", "/jobs/v2", "jobs/v2/", "/jobs/v2/"])
def test_slashes_around_a_base_path_do_not_matter(written: str) -> None:
    assert Settings.of({"TASKMILL_BASE_PATH": written}).base_path == "/jobs/v2"


@pytest.mark.parametrize("written", ["", "/"])
def test_a_base_path_of_nothing_is_none(written: str) -> None:
    assert Settings.of({"TASKMILL_BASE_PATH": written}).base_path == ""


@pytest.mark.parametrize("path", ["/v1/tenants/mbc/tasks", "/health", "/v1/tenants/a%20b/uploads"])
def test_a_preflight_is_answered_with_success(cloud: InProcessCloud, path: str) -> None:
    """API Gateway adds the CORS headers, but the status is the function's."""
    answer = handler(InProcessApi().event("OPTIONS", path, None, "", {}), None)

    assert answer["statusCode"] == 204
    assert "OPTIONS" in answer["headers"]["Allow"]
    assert not answer["body"]


def test_options_of_no_route_are_not_found(cloud: InProcessCloud) -> None:
    assert InProcessApi().request("OPTIONS", "/v2/anything").status == 404
