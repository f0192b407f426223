"""Lambda entry points, one module per function: wiring and one call."""

from taskmill.starting import hold_collection

hold_collection()
