"""Limits as people see and set them: of concurrency, of rate, and pauses."""
