"""Which errors of AWS calls pass by themselves: the same call may succeed a moment later."""

from __future__ import annotations

from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    MetadataRetrievalError,
    NoCredentialsError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnection

from taskmill.model.errors import Throttled

# botocore retries most of these five times within a few seconds; then it raises.
_NETWORK = (
    NoConnection,  # no endpoint, no connection in time, TLS
    HTTPClientError,  # connection closed, no answer in time
    IncompleteReadError,
    ConnectionError,
    TimeoutError,
)
# A process whose credentials have run out gets new ones from its role, or from whoever logs in.
_CREDENTIALS = (
    NoCredentialsError,
    CredentialRetrievalError,
    MetadataRetrievalError,
    TokenRetrievalError,
)
_CODES = frozenset(
    {
        # throttles, as in botocore's `retries/standard.py`
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
        # another write of the same row; botocore does not retry the second
        "TransactionInProgressException",
        "TransactionConflictException",
        "ReplicatedWriteConflictException",
        # the service
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        # credentials that have run out, and their renewal
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "RequestExpired",
        "UnrecognizedClientException",
    }
)
_LOST_CONDITION = "ConditionalCheckFailed"
_BUSY_REASONS = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
_TOO_MANY_REQUESTS, _SERVER_ERRORS = 429, 500


def passes(error: BaseException) -> bool:
    """Whether an error of an AWS call is a blip: of the network, the service or credentials.

    Everything else (a refused condition, a missing permission, a request that can never work) is
    not: the same call would fail again.
    """
    if isinstance(error, ClientError):
        return _answer_passes(error)
    return isinstance(error, (Throttled, *_NETWORK, *_CREDENTIALS))


def _answer_passes(error: ClientError) -> bool:
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    reasons = {each.get("Code") for each in error.response.get("CancellationReasons", ())}
    if reasons & _BUSY_REASONS:
        return _LOST_CONDITION not in reasons
    return code in _CODES or status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS
