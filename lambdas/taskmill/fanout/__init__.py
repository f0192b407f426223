"""Step function tasks: split into subtask rows, work through them in batches, finish."""
