"""How long real work takes: tasks of seconds and minutes, many at once."""
