"""`taskmill bulk`: retry or cancel all that match."""
