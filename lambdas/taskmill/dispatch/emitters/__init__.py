"""What the dispatcher does for each kind of reaction, in the largest requests a service takes."""
