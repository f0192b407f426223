"""`taskmill doctor`: finds the first thing that keeps commands from working, and says the fix."""
