"""The commands `taskmill console` and `taskmill open`."""
