"""List prices in us-east-1, read in November 2026, free tiers left out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.ledger.usage import Entry, Usage, What

AWS = "AWS's own price page"
SECONDARY = "a secondary source"


@dataclass(frozen=True)
class Price:
    """Dollars for a million, and where the number is from."""

    service: str
    dollars: float
    unit: str
    source: str = AWS


PRICES: Mapping[What, Price] = {
    What.WRITE_UNITS: Price("DynamoDB", 0.625, "1 KB of the whole row; in a transaction twice"),
    What.READ_UNITS: Price("DynamoDB", 0.125, "4 KB strongly consistent, 8 KB eventually"),
    What.QUEUE_REQUESTS: Price("SQS", 0.40, "64 KB; a batch of 10 is one", SECONDARY),
    What.FAIR_QUEUE_REQUESTS: Price(
        "SQS", 0.50, "the same on a queue whose messages have a group", SECONDARY
    ),
    What.PUBLISHES: Price("SNS", 0.50, "64 KB; a batch of 10 is one", SECONDARY),
    What.TRANSITIONS: Price("Step Functions", 25.00, "Standard workflow; a retry is one too"),
    What.FUNCTION_CALLS: Price("Lambda calls", 0.20, "invocation"),
    What.GB_SECONDS: Price("Lambda time", 13.3334, "GB-second, arm64"),
    What.API_REQUESTS: Price("API Gateway", 1.00, "512 KB of an HTTP API's request", SECONDARY),
    What.S3_PUTS: Price("S3", 5.00, "PUT"),
    What.S3_GETS: Price("S3", 0.40, "GET or HEAD"),
}
# Beside the work, and so in a sum of their own: what is logged and traced can be chosen.
LOG_PRICES: Mapping[What, Price] = {
    What.LOG_BYTES: Price("CloudWatch Logs", 0.0005, "byte taken in; $0.50 a GB", SECONDARY),
    What.TRACES: Price("X-Ray", 5.00, "trace recorded", SECONDARY),
}
SERVICES = tuple(dict.fromkeys(price.service for price in PRICES.values()))


def dollars(usage: Usage) -> Counter[str]:
    """Dollars by service."""
    bill: Counter[str] = Counter()
    for entry, cost in lines(usage):
        bill[PRICES[entry.what].service] += cost
    return bill


def log_dollars(usage: Usage) -> float:
    """Dollars of logs and traces."""
    return sum(usage.total(what) * price.dollars / 1e6 for what, price in LOG_PRICES.items())


def lines(usage: Usage) -> list[tuple[Entry, float]]:
    """Every line that costs something, the dearest first, in dollars."""
    priced = [
        (entry, amount * PRICES[entry.what].dollars / 1e6)
        for entry, amount in usage.amounts.items()
        if entry.what in PRICES and amount
    ]
    return sorted(priced, key=lambda line: line[1], reverse=True)
