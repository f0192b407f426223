"""The hosted console: two open routes with a function that has nothing but files."""

import base64
import functools
import gzip
import importlib.util
import json
import re
from collections.abc import Callable
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_cognito as cognito_
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks

from taskmill.console.static_files import FOLDER, sent
from taskmill_cdk import Auth, ConsoleError, SignIn, TaskStack, cognito, jwt, sigv4
from taskmill_cdk.console_code import stage_console_code

ISSUER = "https://issuer.example"


def stack_of(auth: Auth | None = None, **props: Any) -> TaskStack:
    return TaskStack(App(), "Tasks", auth=auth, local=True, **props)


@pytest.fixture(scope="module")
def hosted() -> Template:
    auth = jwt(ISSUER, "console", "tenant", role_claim="role", write_roles=["operator"])
    stack = stack_of(auth, console=True, environment_name="prod", redact=["iban"])
    return Template.from_stack(stack)


def functions(template: Template) -> dict[str, dict[str, Any]]:
    found = template.find_resources("AWS::Lambda::Function")
    return {name: each["Properties"] for name, each in found.items()}


def console_of(template: Template) -> dict[str, Any]:
    [found] = [each for name, each in functions(template).items() if name.startswith("Console")]
    return found


def test_two_routes_need_no_token_and_all_others_do(hosted: Template) -> None:
    routes = hosted.find_resources("AWS::ApiGatewayV2::Route").values()
    kinds = {each["Properties"]["RouteKey"]: each["Properties"] for each in routes}

    open_ones = {key for key, each in kinds.items() if each["AuthorizationType"] == "NONE"}
    assert open_ones == {"GET /health", "GET /console", "GET /console/{file+}"}
    assert kinds["$default"]["AuthorizationType"] == "JWT"


def test_strangers_are_throttled_apart_from_callers(hosted: Template) -> None:
    [stage] = hosted.find_resources("AWS::ApiGatewayV2::Stage").values()

    assert stage["Properties"]["RouteSettings"] == {
        "GET /health": {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 10},
        "GET /console": {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100},
        "GET /console/{file+}": {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100},
    }


def test_its_function_is_small_and_knows_nothing_of_the_stack(hosted: Template) -> None:
    console = console_of(hosted)

    assert console["MemorySize"] == 128
    assert "Layers" not in console
    variables = console["Environment"]["Variables"]
    assert set(variables) == {"CONSOLE", "POWERTOOLS_LOG_LEVEL"}
    told = json.loads(variables["CONSOLE"])
    assert (told["issuer"], told["clientId"], told["scopes"]) == (ISSUER, "console", ["openid"])
    assert told["environment"] == "prod"


def test_its_role_may_do_nothing_but_log(hosted: Template) -> None:
    policies = hosted.find_resources("AWS::IAM::Policy")
    [policy] = [each for name, each in policies.items() if name.startswith("Console")]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    actions = {each for one in statements for each in _listed(one["Action"])}

    assert {each.partition(":")[0] for each in actions} == {"logs", "xray"}


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_other_functions_do_not_have_the_files(hosted: Template) -> None:
    own = console_of(hosted)["Code"]["S3Key"]

    others = {each["Code"]["S3Key"] for each in functions(hosted).values()} - {own}
    assert len(others) == 1


def test_the_api_knows_roles_marks_and_names(hosted: Template) -> None:
    [api] = [each for name, each in functions(hosted).items() if name.startswith("ApiHandler")]
    variables = api["Environment"]["Variables"]

    assert variables["TASKMILL_STACK_NAME"] == "Tasks"
    assert variables["TASKMILL_STACK_ENVIRONMENT"] == "prod"
    assert variables["TASKMILL_ROLE_CLAIM"] == "role"
    assert variables["TASKMILL_WRITE_ROLES"] == "operator"
    assert variables["TASKMILL_REVEAL_ROLES"] == "revealer"
    [worker] = [each for name, each in functions(hosted).items() if name.startswith("Worker")]
    assert worker["Environment"]["Variables"]["TASKMILL_REDACT"] == "iban"


@pytest.mark.parametrize("auth", [None, sigv4])
def test_with_signatures_it_is_an_error_that_names_the_command(
    auth: Callable[[], Auth] | None,
) -> None:
    with pytest.raises(ConsoleError, match="taskmill console"):
        stack_of(auth and auth(), console=True)


def test_without_an_api_it_is_an_error() -> None:
    with pytest.raises(ConsoleError, match="api=False"):
        stack_of(console=True, api=False)


def test_users_of_a_pool_sign_in_with_its_first_client() -> None:
    app = App()
    pools = Stack(app, "Pools")
    pool = cognito_.UserPool(pools, "Users")
    client = pool.add_client("Web", write_attributes=cognito_.ClientAttributes())
    stack = TaskStack(app, "Tasks", auth=cognito(pool, [client]), console=True, local=True)

    told = json.dumps(console_of(Template.from_stack(stack))["Environment"]["Variables"])

    assert "https://cognito-idp." in told
    assert "amazoncognito.com" in told


def test_cdk_nag_finds_nothing(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    stack = TaskStack(app, "Tasks", auth=jwt(ISSUER, "a", "tenant"), console=True, local=True)
    sqs.Queue(Stack(app, "Beside"), "Queue")  # a report names only the packs that find something
    packs = (AwsSolutionsChecks, ServerlessChecks, NIST80053R5Checks)
    Validations.of(app).add_plugins(*(pack(app) for pack in packs))
    with suppress(RuntimeError):  # the findings stop the synthesis, after all is written
        app.synth()

    report = (tmp_path / "validation-report.json").read_text()
    assert "Beside/Queue" in report
    assert stack.console.node.path not in report


@pytest.mark.parametrize("issuer", ["issuer.example", "http://issuer.example", ""])
def test_an_issuer_without_https_is_refused(issuer: str) -> None:
    with pytest.raises(ValueError, match="give its URL, with https"):
        SignIn(issuer=issuer, client_id="a")


@pytest.mark.parametrize("roles", ["writer", ["a b"], ["a,b"], [""]])
def test_what_is_no_role_is_refused(roles: Any) -> None:
    with pytest.raises(ValueError, match="write_roles"):
        jwt(ISSUER, "a", "tenant", role_claim="role", write_roles=roles)


@functools.cache
def reader(**options: Any) -> tuple[list[str], list[str]]:
    """What `grant_read` allows and denies, as patterns of IAM."""
    stack = stack_of()
    stack.api.grant_read(iam.User(stack, "Reader"), tenant="mbc", **options)
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    [policy] = [each for name, each in policies.items() if name.startswith("Reader")]
    found: dict[str, list[str]] = {"Allow": [], "Deny": []}
    for each in policy["Properties"]["PolicyDocument"]["Statement"]:
        text = each["Resource"] if isinstance(each["Resource"], list) else [each["Resource"]]
        found[each["Effect"]] += [one["Fn::Join"][1][-1].partition("$default/")[2] for one in text]
    return found["Allow"], found["Deny"]


def lets(policy: tuple[list[str], list[str]], request: str) -> bool:
    allowed, denied = policy
    return any(fnmatchcase(request, each) for each in allowed) and not any(
        fnmatchcase(request, each) for each in denied
    )


TENANT = "v1/tenants/mbc"


@pytest.mark.parametrize(
    ("request_", "bare", "with_payloads"),
    [
        (f"GET/{TENANT}/tasks", True, True),
        (f"GET/{TENANT}/tasks/a/b", True, True),
        (f"POST/{TENANT}/lookup", True, True),
        ("GET/v1/whoami", True, True),
        (f"GET/{TENANT}/tasks/a/b/input", False, True),
        (f"GET/{TENANT}/step-function-tasks/a/b/subtasks/3/result", False, True),
        (f"GET/{TENANT}/tasks/a/b/input/revealed", False, False),
        (f"GET/{TENANT}/tasks/a/b/result/revealed", False, False),
        (f"GET/{TENANT}/step-function-tasks/a/b/subtasks/3/result/revealed", False, False),
        (f"POST/{TENANT}/tasks", False, False),
        (f"POST/{TENANT}/may-write", False, False),
        (f"PATCH/{TENANT}/tasks/a/b", False, False),
        ("GET/v1/tenants/other/tasks", False, False),
        ("GET/v1/tenants", False, False),
    ],
)
def test_whoever_may_read_may_not_write_nor_reveal(
    request_: str,
    bare: bool,  # noqa: FBT001  # by parametrize
    with_payloads: bool,  # noqa: FBT001
) -> None:
    assert lets(reader(), request_) is bare
    assert lets(reader(payloads=True), request_) is with_payloads


def test_the_list_of_tenants_has_a_grant_of_its_own() -> None:
    stack = stack_of()
    stack.api.grant_list_tenants(iam.User(stack, "Lister"))

    text = json.dumps(Template.from_stack(stack).to_json())
    assert re.search(r"GET/v1/tenants\"", text)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The handler of the function's code, loaded from where it is staged."""
    folder = stage_console_code(tmp_path_factory.mktemp("build"))
    spec = importlib.util.spec_from_file_location("staged_console", folder / "index.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sent_by(function: ModuleType, name: str, **headers: str) -> tuple[dict[str, str], bytes]:
    event = {"rawPath": f"/console/{name}", "headers": headers}
    answer = function.handler(event, None)
    assert answer["statusCode"] == 200
    return answer["headers"], base64.b64decode(answer["body"])


def test_c40_the_hosted_page_weighs_less_than_150_kb_as_well(deployed: ModuleType) -> None:
    paths = [path for path in FOLDER.rglob("*") if path.is_file()]
    typings = {path for path in paths if path.name.endswith(".d.ts")}
    asked_for = {path for path in paths if path.suffix in {".html", ".js", ".css", ".svg"}}
    sizes = {}
    for path in sorted({*paths} - typings):
        name = path.relative_to(FOLDER).as_posix()
        headers, body = sent_by(deployed, name, **{"accept-encoding": "gzip"})
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(body) == sent(FOLDER / name)
        sizes[path] = len(body)

    assert len(asked_for) > 40
    assert sum(sizes[path] for path in asked_for) < 150 * 1024
    for path in typings:
        event = {"rawPath": f"/console/{path.relative_to(FOLDER).as_posix()}", "headers": {}}
        assert deployed.handler(event, None)["statusCode"] == 404


def test_the_compressed_twins_are_not_files_of_the_page(deployed: ModuleType) -> None:
    answer = deployed.handler({"rawPath": "/console/index.html.gz", "headers": {}}, None)

    assert answer["statusCode"] == 404


def test_a_browser_that_takes_no_compressed_files_gets_plain_ones(deployed: ModuleType) -> None:
    headers, body = sent_by(deployed, "app/main.js")

    assert "content-encoding" not in headers
    assert body == sent(FOLDER / "app/main.js")
