"""Counts what tasks use of AWS, call by call, and prices it."""
