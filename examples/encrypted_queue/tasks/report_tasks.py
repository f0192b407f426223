"""A task function for the example to run."""

from taskmill import task


@task("monthly-report")
def monthly_report(month: str) -> str:
    """The heading of a report, where a real task would write a large table as well."""
    return f"Report for {month}"
