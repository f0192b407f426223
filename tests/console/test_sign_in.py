"""The hosted console: people sign in at an issuer, and come back to the view they asked for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from hosted import hosted
from oidc_issuer import OidcIssuer
from playwright.sync_api import Browser, Page, expect

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

TOKENS = {
    "TASKMILL_TENANT_CLAIM": "tenant",
    "TASKMILL_ROLE_CLAIM": "role",
    "TASKMILL_WRITE_ROLES": "operator",
}


@contextmanager
def signed_in_at(browser: Browser, **issuer: Any) -> Iterator[tuple[Page, OidcIssuer, str]]:
    """A page, the issuer, and the console's address.

    Args:
        **issuer: Of `OidcIssuer`; `holds` fills the cloud.
    """
    holds = issuer.pop("holds", lambda _: None)
    claims = {"tenant": "mbc", "role": "operator", **issuer.pop("claims", {})}
    cloud = InProcessCloud(modules=["console_tasks"], environment=TOKENS)
    with cloud, OidcIssuer(claims=claims, **issuer) as at, hosted(at) as address:
        holds(cloud)
        context = browser.new_context()
        page = context.new_page()
        yield page, at, address
        context.close()


def test_a_visitor_is_sent_to_the_issuer_and_comes_back_signed_in(browser: Browser) -> None:
    with signed_in_at(browser) as (page, issuer, address):
        with page.expect_response("**/v1/whoami"):
            page.goto(f"{address}/console#/mbc/tasks")

        expect(page.locator("main")).to_have_attribute("data-page", "tasks")
        assert page.url == f"{address}/console/index.html#/mbc/tasks"
        asked = dict(issuer.requests)["/authorize"]
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert page.evaluate("document.cookie") == ""


def test_a_reload_does_not_ask_again(browser: Browser) -> None:
    with signed_in_at(browser) as (page, issuer, address):
        with page.expect_response("**/v1/whoami"):
            page.goto(f"{address}/console#/mbc")
        with page.expect_response("**/v1/whoami") as told:
            page.reload()

        assert told.value.status == 200
        assert [path for path, _ in issuer.requests].count("/authorize") == 1


def test_a_refusal_is_told_and_may_be_tried_again(browser: Browser) -> None:
    with signed_in_at(browser, refuses="Ada may not come in") as (page, _, address):
        page.goto(f"{address}/console#/mbc")

        expect(page.get_by_role("alert")).to_contain_text("Ada may not come in")
        expect(page.get_by_role("alert")).to_contain_text("You could not be signed in")


def test_an_answer_that_this_tab_did_not_ask_for_is_refused(browser: Browser) -> None:
    with signed_in_at(browser) as (page, issuer, address):
        page.goto(f"{address}/console/index.html?code=stolen&state=made-up#/mbc")

        expect(page.get_by_role("alert")).to_contain_text("not asked for by this tab")
        assert "/token" not in dict(issuer.requests)
        assert page.evaluate("sessionStorage.getItem('taskmill.token')") is None


def test_a_token_for_another_nonce_is_refused(browser: Browser) -> None:
    with signed_in_at(browser) as (page, issuer, address):
        first = issuer.jwt

        def replayed(**claims: Any) -> str:
            return first(**{**claims, "nonce": "of-another-sign-in"})

        issuer.jwt = replayed  # type: ignore[method-assign]
        page.goto(f"{address}/console#/mbc")

        expect(page.get_by_role("alert")).to_contain_text("not the one that this tab asked for")


def test_whoever_may_only_read_sees_no_button_to_submit(browser: Browser) -> None:
    with signed_in_at(browser, claims={"role": "viewer"}) as (page, _, address):
        with page.expect_response("**/v1/whoami") as told:
            page.goto(f"{address}/console#/mbc")

        assert json.loads(told.value.text())["mayWrite"] is False
        expect(page.locator("main")).to_be_visible()
        expect(page.get_by_role("link", name="Submit")).to_have_count(0)


def test_whoever_signs_out_leaves_no_token(browser: Browser) -> None:
    with signed_in_at(browser) as (page, issuer, address):
        with page.expect_response("**/v1/whoami"):
            page.goto(f"{address}/console#/mbc")
        page.get_by_role("button", name="Theme and times").click()
        page.get_by_text("Sign out").click()

        page.wait_for_url("**/logout?**")
        assert dict(issuer.requests)["/logout"]["client_id"] == "console"
        page.goto(f"{address}/console/console.json")
        assert page.evaluate("sessionStorage.getItem('taskmill.token')") is None


def large_echo(cloud: InProcessCloud) -> None:
    """A task whose input and result are too large for its row: 2 MB."""
    rows = ["row " + str(number).zfill(96) for number in range(20_000)]
    caller = {"jwt": {"claims": {"tenant": "mbc", "role": "operator"}, "scopes": None}}
    answer = InProcessApi(authorizer=caller).post(
        "/v1/tenants/mbc/tasks", {"taskType": "console-echo", "code": "large", "input": rows}
    )
    assert answer.status == 202, answer.body
    cloud.run()


@pytest.mark.parametrize("name", ["input", "result"])
def test_a_large_payload_is_a_link_to_its_object(browser: Browser, name: str) -> None:
    with signed_in_at(browser, holds=large_echo) as (page, _, address):
        requested: list[str] = []
        page.on("request", lambda request: requested.append(urlsplit(request.url).path))
        with page.expect_response(f"**/tasks/console-echo/large/{name}") as told:
            page.goto(f"{address}/console#/mbc/task/console-echo/large?tab={name}")

        link = page.get_by_role("tabpanel").get_by_role("link", name="Open it")
        expect(link).to_have_attribute("href", told.value.json()[f"{name}Url"])
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        assert "/payload" not in requested  # which only the server of `taskmill console` has


def test_a_task_with_a_large_input_is_submitted_again_elsewhere(browser: Browser) -> None:
    with signed_in_at(browser, holds=large_echo) as (page, _, address):
        page.goto(f"{address}/console#/mbc/task/console-echo/large")
        page.get_by_role("link", name="Submit again").click()

        expect(page.get_by_role("alert")).to_contain_text("too large for the hosted console")
        expect(page.get_by_role("alert")).to_contain_text("`taskmill console`")
