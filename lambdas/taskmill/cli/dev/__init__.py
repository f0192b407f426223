"""`taskmill dev`."""
