"""Plots as SVG, small and by hand: readable on a light and on a dark page."""

from benchmarks.svg.bars import Bar, stacked_bars
from benchmarks.svg.lines import Line, line_plot

__all__ = ["Bar", "Line", "line_plot", "stacked_bars"]
