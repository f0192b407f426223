"""Whom the console answers, and what nobody can make it do."""

import re
from collections.abc import Callable

import httpx
import pytest
from browsing import REBOUND
from console_view import View
from other_origin import ATTEMPTS, other_origin
from playwright.sync_api import expect

REFUSED = (
    "another host|Failed to load|failed request|Content Security|CORS|Cross-Origin|chrome-error"
)


@pytest.fixture
def waiting(view: View) -> View:
    """A console that shows a task which waits, so that a forged cancel would be seen."""
    view.behind.client.submit("console-echo", "mine", code="mine", delay_seconds=600)
    view.open("/tasks")
    return view


def tasks_of(view: View) -> list[tuple[str, str]]:
    listed = view.behind.client.list(task_type="console-echo")
    return [(each.code, str(each.status)) for each in listed]


@pytest.mark.parametrize("host", ["127.0.0.1", REBOUND])  # another port of the host; another site
def test_c25_a_page_of_another_origin_reads_nothing_and_changes_nothing(
    waiting: View, host: str
) -> None:
    before = tasks_of(waiting)
    asked = len(waiting.behind.asked)
    waiting.page.close()
    with other_origin() as port:
        theirs = waiting.page.context.new_page()
        waiting.guard.expect(REFUSED)
        theirs.goto(f"http://{host}:{port}/")

        read = theirs.evaluate(ATTEMPTS, waiting.behind.url)

    assert waiting.behind.key not in str(read)
    assert [each for each in read if "error" not in each] == []
    assert [str(each) for each in waiting.behind.asked[asked:]] == []
    assert tasks_of(waiting) == before


def test_c25_a_name_that_was_rebound_to_this_machine_is_not_answered(
    waiting: View,
) -> None:
    port = httpx.URL(waiting.behind.url).port
    theirs = waiting.page.context.new_page()
    waiting.guard.expect(REFUSED)

    page = theirs.goto(f"http://{REBOUND}:{port}/")
    data = theirs.evaluate(
        """key => fetch("/v1/tenants/acme/tasks?taskType=console-echo",
                        {headers: {"x-taskmill-key": key}}).then((answer) => answer.status)""",
        waiting.behind.key,  # even if it knew the key
    )

    assert page is not None
    assert (page.status, data) == (403, 403)


@pytest.mark.parametrize("key", [None, "", "guess", "x" * 32])
@pytest.mark.parametrize("path", ["/console.json", "/v1/tenants/acme/tasks?taskType=console-echo"])
def test_c25_another_user_of_the_machine_is_refused(view: View, path: str, key: str | None) -> None:
    headers = {} if key is None else {"x-taskmill-key": key}

    answer = httpx.get(view.behind.url + path, headers=headers)

    assert answer.status_code == 403
    assert view.behind.asked == []


def test_c25_without_its_key_the_page_says_what_to_do(view: View) -> None:
    view.guard.expect("status of 403")

    view.page.goto(f"{view.behind.url}/#/acme/tasks")

    expect(view.main).to_contain_text("the address that the command has printed")
    expect(view.main).not_to_contain_text("Ask for a role")
    assert view.behind.asked == []


def test_c25_the_key_leaves_the_address_and_is_in_no_request(view: View) -> None:
    sent: list[str] = []
    view.page.on("request", lambda request: sent.append(request.url))

    view.open("/tasks")

    assert view.page.url == f"{view.behind.url}/#/acme/tasks"
    assert [url for url in sent if view.behind.key in url.partition("#")[0]] == []


def fetched(view: View, method: str, path: str) -> int:
    """The status that the page itself gets."""
    return int(
        view.page.evaluate(
            """([method, path, key]) =>
                fetch(path, {method, headers: {"x-taskmill-key": key}})
                    .then((answer) => answer.status)""",
            [method, path, view.behind.key],
        )
    )


def test_c17_read_only_forwards_no_change_whatever_the_page_asks(show: Callable[..., View]) -> None:
    view = show(read_only=True)
    view.behind.client.submit("console-echo", "mine", code="mine", delay_seconds=600)
    view.open("/tasks")
    view.guard.expect("status of 403")
    before = tasks_of(view)

    path = "/v1/tenants/acme/tasks/console-echo/mine"
    refused = [
        fetched(view, "POST", f"{path}/cancel"),
        fetched(view, "POST", "/v1/tenants/acme/tasks"),
        fetched(view, "DELETE", "/v1/tenants/acme/schedules/nightly"),
    ]

    assert refused == [403, 403, 403]
    assert tasks_of(view) == before
    assert view.behind.paths("POST") == []
    assert fetched(view, "GET", path) == 200


def test_c40_nothing_is_loaded_from_another_host(view: View) -> None:
    hosts: set[str] = set()
    view.page.on("request", lambda request: hosts.add(httpx.URL(request.url).netloc.decode()))

    for each in ("", "/tasks", "/fan-outs", "/schedules", "/callbacks", "/submit"):
        view.go(each) if hosts else view.open(each)

    assert hosts - {""} == {httpx.URL(view.behind.url).netloc.decode()}


MARKUP = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
PAGES = [
    "/tasks",
    "/tasks?q=type:console-hostile",
    "/task/console-hostile/h",
    "/task/console-hostile/h?tab=input",
    "/task/console-hostile/h?tab=error",
    "/task/console-hostile/h?tab=history",
    "/task/console-hostile/h?tab=logs",
    "/errors",
    "/submit/console-hostile?from=TASK%23acme%2Fconsole-hostile%23h",
    f"/tasks?q={MARKUP}",
    f"/task/{MARKUP}/{MARKUP}",
    f"/submit/{MARKUP}",
    "",
]


def test_c25_markup_in_a_task_is_text_on_every_page(show: Callable[..., View]) -> None:
    lines = [{"at": "2026-11-28T01:00:00Z", "level": "INFO", "message": MARKUP, "extra": MARKUP}]
    view = show(read_logs=lambda _: lines)
    view.behind.client.submit("console-hostile", MARKUP, code="h", name=MARKUP)
    view.behind.run()
    view.guard.expect("status of 4")  # pages of what does not exist

    view.open()
    for page in PAGES:
        view.go(page)
        made = view.page.locator("img[src=x], main script").count()
        assert (page, made, view.page.evaluate("window.hit")) == (page, 0, None)
    view.open("/task/console-hostile/h?tab=logs")
    expect(view.page.get_by_role("tabpanel")).to_contain_text(MARKUP)


def test_c17_who_may_only_read_gets_no_buttons_that_change(view: View) -> None:
    view.behind.refuse("/may-write$", 403, "not authorized")
    view.behind.client.submit("console-refund", 500, code="much")
    view.behind.run()
    view.guard.expect("status of 403")

    told = re.compile("Retry|Cancel|Submit|Resolve|Ignore|Pause$|Fire|New schedule|Remove$")
    for page in ("/task/console-refund/much", "/tasks?q=type:console-refund", "/schedules"):
        view.open(page)
        expect(view.main.get_by_role("button", name=told)).to_have_count(0)
        expect(view.page.get_by_role("link", name=re.compile("^Submit"))).to_have_count(0)
    expect(view.page.get_by_role("contentinfo")).to_contain_text("read-only")
