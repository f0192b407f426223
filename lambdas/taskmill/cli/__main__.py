"""Entry point of `python -m taskmill.cli`, which is the same as `taskmill`."""

from taskmill.cli import main

main()
