"""The rows of a list as a file."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import httpx
from console_view import View
from playwright.sync_api import expect

Show = Callable[..., View]
NO_PICKER = "delete Window.prototype.showSaveFilePicker; delete window.showSaveFilePicker;"
PICKER = """
window.file = { text: "", state: "open" };
window.showSaveFilePicker = async () => ({ createWritable: async () => ({
  write: async (text) => { window.file.text += text; },
  close: async () => { window.file.state = "closed"; },
  abort: async () => { window.file.state = "aborted"; },
})});
"""


def endless(request: httpx.Request) -> httpx.Response:
    """A page of a list that never ends."""
    first = int(request.url.params.get("cursor") or 0)
    shared = {"pk": "TASK#acme", "kind": "TASK", "type": "console-echo", "status": "COMPLETED"}
    rows = [
        {**shared, "sk": f"console-echo#{n}", "code": str(n), "attributes": {}}
        for n in range(first, first + 50)
    ]
    return httpx.Response(200, json={"items": rows, "cursor": str(first + 50)})


def export(view: View, form: str) -> None:
    view.page.get_by_role("button", name="Export").click()
    view.page.get_by_role("menuitem", name=form).click()


def exported(view: View, form: str) -> str:
    """The text of the file that the page offers as a download."""
    with view.page.expect_download() as started:
        export(view, form)
    return Path(started.value.path()).read_text(encoding="utf-8")


def test_c34_all_rows_that_match_are_exported_as_json_lines(view: View) -> None:
    view.page.add_init_script(NO_PICKER)
    for number in range(230):
        view.behind.client.submit("console-echo", number, code=f"e-{number:03}")
    view.behind.client.submit("console-refund", 5, code="other")
    view.behind.run()
    view.open("/tasks?q=type:console-echo")

    rows = [json.loads(line) for line in exported(view, "JSON Lines").splitlines()]

    assert sorted(row["input"] for row in rows) == list(range(230))
    assert {row["type"] for row in rows} == {"console-echo"}
    expect(view.page.get_by_text("Exported 230 rows.")).to_be_visible()


def test_c34_secrets_stay_masked_and_formulas_are_texts_in_csv(view: View) -> None:
    view.page.add_init_script(NO_PICKER)
    secret = {"user": "anne", "password": "x7-plain"}
    view.behind.client.submit("console-login", secret, code="s")
    view.behind.client.submit("console-echo", "=1+1", code="formula")
    view.behind.client.submit("console-echo", 'a "b", c', code="quoted")
    view.behind.run()
    view.open("/tasks")

    text = exported(view, "CSV")

    rows = {row["code"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    assert "x7-plain" not in text
    assert (rows["s"]["input"], rows["s"]["status"]) == ("", "COMPLETED")  # lists refer to it only
    assert rows["formula"]["input"] == "'=1+1"
    assert rows["quoted"]["input"] == 'a "b", c'


def test_c34_an_export_is_written_page_by_page_and_can_be_cancelled(view: View) -> None:
    view.page.add_init_script(PICKER)
    view.behind.stub(r"/acme/tasks$", endless)
    view.open("/tasks?q=type:console-echo")

    export(view, "JSON Lines")
    dialog = view.page.get_by_role("dialog")
    expect(dialog).to_contain_text("00 rows written")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    asked = len(view.behind.asked)
    view.page.wait_for_timeout(300)

    file = view.page.evaluate("window.file")
    assert file["state"] == "aborted"
    assert file["text"].count("\n") >= 100
    assert len(view.behind.asked) <= asked + 1
