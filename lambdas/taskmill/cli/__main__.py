"""`python -m taskmill.cli` is `taskmill`."""

from taskmill.cli import main

main()
