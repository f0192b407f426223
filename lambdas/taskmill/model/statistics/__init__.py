"""The rows of the statistics: their keys and attributes, histograms, marks, groups of errors."""
