"""What stands in place of data, and what it says to do (C33, C41)."""

import re
from collections.abc import Callable, Generator

import httpx
import pytest
from console_view import View
from playwright.sync_api import expect

Show = Callable[..., View]
LIST = r"/acme/tasks$"


def test_c33_an_empty_tenant_says_how_to_submit(view: View) -> None:
    view.open("/tasks")
    expect(view.main).to_contain_text("No tasks yet")
    expect(view.main).to_contain_text("taskmill submit")
    view.go("/tasks?q=type:console-echo+status:failed")
    expect(view.main).to_contain_text("Nothing matches the filter")
    view.main.get_by_role("button", name="Clear the filter").click()

    expect(view.main).to_contain_text("No tasks yet")


ANSWERS = {
    403: ({"message": "Forbidden"}, "Not allowed", "Ask for a role"),
    429: ({"message": "Too Many Requests"}, "Too many requests", "Try again in a moment"),
    500: ({"message": "Internal Server Error"}, "The API failed", "function's log"),
}


@pytest.mark.parametrize("status", ANSWERS)
def test_c33_a_refusal_says_what_the_api_said_and_what_to_do(view: View, status: int) -> None:
    body, title, advice = ANSWERS[status]
    view.behind.refuse(LIST, status, body["message"])
    view.guard.expect(f"status of {status}")

    view.open("/tasks?q=type:console-echo")

    state = view.main.get_by_role("alert")
    for text in (title, body["message"], advice):
        expect(state).to_contain_text(text)
    view.behind.unstub()
    state.get_by_role("button", name="Try again").click()
    expect(view.main).to_contain_text("Nothing matches the filter")


def test_c33_while_it_loads_it_says_so(view: View) -> None:
    view.open()
    with view.behind.turn:  # no answer meanwhile
        view.page.evaluate("location.hash = '/acme/tasks?q=type:console-echo'")
        expect(view.main.get_by_role("status", name="Loading")).to_be_visible()

    view.settled()
    expect(view.main).to_contain_text("Nothing matches the filter")


def test_c33_after_a_new_login_an_open_page_goes_on_by_itself(show: Show) -> None:
    logins = ["old"]

    class Login(httpx.Auth):
        def __init__(self) -> None:
            self.token = logins[-1]

        def auth_flow(
            self, request: httpx.Request
        ) -> Generator[httpx.Request, httpx.Response, None]:
            request.headers["authorization"] = self.token
            yield request

    view = show(make_auth=Login)
    view.open("/tasks")
    expect(view.page.get_by_role("banner")).to_contain_text("live")

    def expired(request: httpx.Request) -> httpx.Response | None:
        if request.headers["authorization"] == "new":
            return None
        message = "The security token included in the request is expired"
        return httpx.Response(403, json={"message": message})

    view.behind.stub(".", expired)
    view.guard.expect("status of 401")
    trouble = view.page.locator(".trouble")
    pass_until(view, lambda: trouble.count() == 1)
    expect(trouble).to_contain_text("aws sso login")
    logins.append("new")

    pass_until(view, lambda: trouble.count() == 0)
    expect(trouble).to_have_count(0)
    expect(view.page.get_by_role("banner")).to_contain_text("live")


def pass_until(view: View, is_so: Callable[[], bool]) -> None:
    """Let time pass until something is so, for a minute at most."""
    for _ in range(12):
        view.pass_time(5)
        view.page.wait_for_timeout(150)
        if is_so():
            break


def test_c41_what_the_api_lacks_is_hidden_and_its_address_says_why(view: View) -> None:
    def older(_: httpx.Request) -> httpx.Response:
        told = {"user": "tester", "tenants": None, "mayWrite": True, "features": ["tree"]}
        return httpx.Response(200, json=told)

    view.behind.stub(r"^/v1/whoami$", older)
    view.open()
    pages = view.page.get_by_role("navigation", name="Pages")

    expect(pages.get_by_role("link", name="Tasks")).to_be_visible()
    for title in ("Errors", "Limits", "Health"):
        expect(pages.get_by_role("link", name=title)).to_have_count(0)
    expect(view.main).to_contain_text("This stack keeps no statistics")
    for page in ("errors", "limits", "health", "bulk"):
        view.go(f"/{page}")
        expect(view.main).to_contain_text("the deployed stack has no such routes")
        expect(view.main).to_contain_text("Deploy it with the newer version")
    lacking = re.compile("/(statistics|errors|health|lookup|bulk|types|limits|pauses)")
    assert [path for path in view.behind.paths() if lacking.search(path)] == []


def test_c41_an_api_without_whoami_shows_the_lists_all_the_same(view: View) -> None:
    view.behind.client.submit("console-echo", 1, code="one")
    view.behind.run()

    def none(_: httpx.Request) -> httpx.Response:
        error = {"code": "no_route", "message": "there is no route"}
        return httpx.Response(404, json={"error": error})

    view.behind.stub("/(whoami|tenants|may-write|statistics|errors|lookup)$", none)
    view.guard.expect("status of 404")
    view.open("/tasks?q=type:console-echo")

    expect(view.page.get_by_role("grid", name="Tasks")).to_contain_text("one")
    view.go("/errors")
    expect(view.main).to_contain_text("The API is older than this console")
