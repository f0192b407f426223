"""Lambda entry points, one module per function: wiring and one call."""
