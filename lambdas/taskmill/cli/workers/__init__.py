"""Commands that run tasks of a stack in this process: `work` and `sweep`."""
