"""Rows of limits: slots held, those who wait for one, rates, and what operators have set."""
