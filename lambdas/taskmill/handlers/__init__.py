"""Lambda entry points, one module per function: wiring and one call."""

from taskmill.wiring.cold_start import hold_collection

hold_collection()
