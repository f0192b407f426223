"""``LocalCloudError``, the only error that this package raises on purpose."""


class LocalCloudError(Exception):
    """A command of the local cloud failed; the message says why and what to try."""


def with_tail(message: str, text: str, *, lines: int = 20) -> str:
    """``message`` followed by the last ``lines`` lines of a log, indented."""
    tail = text.strip().splitlines()[-lines:]
    return "\n".join([message, *(f"    {line}" for line in tail)])
