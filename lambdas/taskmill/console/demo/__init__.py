"""The demo of the console: an in-process cloud with made-up tasks, the same for the same seed."""
