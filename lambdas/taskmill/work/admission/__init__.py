"""Admission: what the limits of a task demand before an attempt of it may begin."""
