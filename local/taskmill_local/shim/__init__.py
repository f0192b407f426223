"""Scripts that run in the emulator's own environment."""
