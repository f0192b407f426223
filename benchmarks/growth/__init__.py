"""Whether time and memory for a subtask stay the same as fan-outs grow."""
