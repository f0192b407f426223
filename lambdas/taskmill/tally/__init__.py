"""Statistics: counters, histograms and error groups, kept by a second reader of the table's stream.

`additions` decides what a row change adds, without AWS; `tally` writes it, exactly once.
See docs/decisions/0041-tally.md.
"""
