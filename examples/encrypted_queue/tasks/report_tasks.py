"""One task function, to have something to run."""

from taskmill import task


@task("monthly-report")
def monthly_report(month: str) -> str:
    """The heading of a report; imagine a large table below it."""
    return f"Report for {month}"
