"""Commands that submit, read, follow and change tasks."""
