"""The parts of `TaskContext`."""
