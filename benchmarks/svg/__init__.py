"""Plots as SVG, small and by hand: readable on a light and on a dark page."""

from benchmarks.svg.bars import Bar, stacked_bars
from benchmarks.svg.flame import flame_graph
from benchmarks.svg.lines import Line, line_plot

__all__ = ["Bar", "Line", "flame_graph", "line_plot", "stacked_bars"]
