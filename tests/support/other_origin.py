"""A web page of somebody else, on another port of this machine, that tries what a page can try."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Each attempt adds to `read` what it got; forms, images, scripts and frames only send.
ATTEMPTS = """
async (target) => {
  const read = [];
  const tries = [
    () => fetch(`${target}/console.json`),
    () => fetch(`${target}/v1/whoami`, {mode: "no-cors"}).then(() => null),
    () => fetch(`${target}/v1/tenants/acme/tasks`, {headers: {"x-taskmill-key": "guess"}}),
    () => fetch(`${target}/v1/tenants/acme/tasks`, {
      method: "POST", mode: "no-cors", headers: {"content-type": "text/plain"},
      body: JSON.stringify({taskType: "console-echo", input: "forged"}),
    }).then(() => null),
    () => fetch(`${target}/v1/tenants/acme/tasks/console-echo/mine/cancel`, {
      method: "POST", mode: "no-cors",
    }).then(() => null),
  ];
  for (const each of tries) {
    try {
      const answer = await each();
      if (answer) read.push(await answer.text());
    } catch (error) {
      // refused, as it should be
    }
  }
  const elements = [
    ["script", {src: `${target}/console.json`}],
    ["script", {src: `${target}/v1/tenants/acme/tasks?taskType=console-echo`}],
    ["img", {src: `${target}/v1/tenants/acme/tasks?taskType=console-echo`}],
    ["iframe", {src: `${target}/`, name: "framed"}],
    ["iframe", {name: "posted"}],
  ];
  for (const [name, attributes] of elements) {
    const element = Object.assign(document.createElement(name), attributes);
    const done = new Promise((resolve) => {
      element.onload = element.onerror = resolve;
      setTimeout(resolve, 500);
    });
    document.body.append(element);
    await done;
  }
  const form = Object.assign(document.createElement("form"), {
    method: "post", enctype: "text/plain", target: "posted",
    action: `${target}/v1/tenants/acme/tasks`,
  });
  const field = Object.assign(document.createElement("input"), {
    name: '{"taskType": "console-echo", "input": "', value: 'forged"}',
  });
  form.append(field);
  document.body.append(form);
  form.submit();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const opened = open(`${target}/`);
  await new Promise((resolve) => setTimeout(resolve, 500));
  try {
    read.push(opened.sessionStorage.getItem("taskmill.key") ?? opened.document.title);
  } catch (error) {
    // another origin, or no longer ours
  }
  return read;
}
"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<!doctype html><title>Somebody else's</title><body>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
        pass


@contextmanager
def other_origin() -> Iterator[str]:
    """The port of a server with such a page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield str(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
