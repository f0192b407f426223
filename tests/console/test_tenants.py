"""The tenants that can be chosen, and that nothing of another one is asked for (C22)."""

from collections.abc import Callable

import httpx
from console_view import View
from playwright.sync_api import expect

Show = Callable[..., View]


def asked_of(view: View, since: int = 0) -> set[str]:
    """Tenants in the paths that were asked."""
    paths = [each.path.split("/") for each in view.behind.asked[since:]]
    return {parts[3] for parts in paths if parts[2] == "tenants" and len(parts) > 3}


def offered(view: View) -> list[str]:
    view.page.locator(".header .menu > button").first.click()
    texts = view.page.get_by_role("menuitemradio").all_inner_texts()
    return [text.replace("✓", "").strip() for text in texts]


def test_c22_those_whom_the_token_names_are_offered_and_one_is_switched_to(view: View) -> None:
    def me(_: httpx.Request) -> httpx.Response:
        told = {"user": "anna", "tenants": ["acme", "globex"], "mayWrite": True}
        return httpx.Response(200, json=told)

    view.behind.stub("/v1/whoami$", me)
    view.cloud.client("globex").submit("console-echo", 1, code="of-globex")
    view.cloud.client("third").submit("console-echo", 1, code="of-a-third")
    view.behind.run()
    view.open("/tasks?q=type:console-echo")
    assert asked_of(view) == {"acme"}
    assert view.behind.paths().count("/v1/tenants") == 0  # the token has named them

    assert offered(view) == ["acme", "globex"]
    before = len(view.behind.asked)
    view.page.get_by_role("menuitemradio", name="globex").click()
    view.page.wait_for_url("**/#/globex/tasks")
    expect(view.page.get_by_role("link", name="of-globex").first).to_be_visible()

    assert asked_of(view, before) == {"globex"}
    assert "third" not in view.page.content()


def test_c22_without_such_a_claim_the_api_lists_those_that_there_are(view: View) -> None:
    for tenant in ("acme", "globex"):
        view.cloud.client(tenant).submit("console-echo", 1)
    view.behind.run()
    view.behind.client.statistics()  # counts, and so knows the tenants
    view.cloud.client("globex").statistics()
    view.open()

    assert offered(view) == ["acme", "globex"]
    assert asked_of(view) == {"acme"}


def test_c22_who_may_not_list_tenants_is_offered_the_one_in_view(view: View) -> None:
    view.behind.refuse("/v1/tenants$", 403, "Forbidden")
    view.guard.expect("status of 403")
    view.open()

    assert offered(view) == ["acme"]
    assert asked_of(view) == {"acme"}
