"""AWS clients as they are configured; nothing is called."""

from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from taskmill.aws.s3.payloads import PayloadStore
from taskmill.wiring.process import wired

BUCKET = "payloads-1x2y3z"


def payloads_in(region: str, *, endpoint_url: str | None = None) -> PayloadStore:
    session = boto3.Session("made-up", "made-up", region_name=region)
    environment = {"TASKMILL_TABLE": "tasks", "TASKMILL_BUCKET": BUCKET}
    return wired(environment, session=session, endpoint_url=endpoint_url).payloads


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-east-1", "com"),
        ("eu-west-1", "com"),
        ("eu-south-1", "com"),  # launched after March 2019: the global name is a 400 there
        ("il-central-1", "com"),
        ("us-gov-west-1", "com"),
        ("cn-north-1", "com.cn"),
    ],
)
def test_presigned_addresses_name_the_region(region: str, suffix: str) -> None:
    payloads = payloads_in(region)

    for url in (payloads.upload_url("inputs/a"), payloads.download_url("results/a")):
        assert urlsplit(url).hostname == f"{BUCKET}.s3.{region}.amazonaws.{suffix}"


def test_a_presigned_upload_still_signs_that_it_overwrites_nothing() -> None:
    query = parse_qs(urlsplit(payloads_in("eu-west-1").upload_url("inputs/a")).query)

    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert "if-none-match" in query["X-Amz-SignedHeaders"][0].split(";")


def test_a_local_cloud_finds_the_bucket_in_the_path() -> None:
    url = payloads_in("us-east-1", endpoint_url="http://localhost:4566").upload_url("inputs/a")

    assert url.startswith(f"http://localhost:4566/{BUCKET}/inputs/a?")


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
@pytest.mark.parametrize(
    "endpoint",
    ["http://localhost:4566", "https://bucket.vpce-1a2b.s3.eu-west-1.vpce.amazonaws.com"],
)
def test_an_endpoint_of_the_environment_finds_the_bucket_in_the_path(
    monkeypatch: pytest.MonkeyPatch, variable: str, endpoint: str
) -> None:
    monkeypatch.setenv(variable, endpoint)

    assert payloads_in("eu-west-1").upload_url("a").startswith(f"{endpoint}/{BUCKET}/a?")


@pytest.mark.parametrize(
    ("variable", "host"),
    [
        ("AWS_USE_DUALSTACK_ENDPOINT", "s3.dualstack.eu-west-1.amazonaws.com"),
        ("AWS_USE_FIPS_ENDPOINT", "s3-fips.us-east-2.amazonaws.com"),
    ],
)
def test_other_endpoints_of_aws_stay_regional(
    monkeypatch: pytest.MonkeyPatch, variable: str, host: str
) -> None:
    monkeypatch.setenv(variable, "true")
    region = host.split(".")[-3]

    assert urlsplit(payloads_in(region).upload_url("a")).hostname == f"{BUCKET}.{host}"
