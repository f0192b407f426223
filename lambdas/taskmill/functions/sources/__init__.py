"""The folders of task modules: which modules they hold, and how they are imported at once."""
