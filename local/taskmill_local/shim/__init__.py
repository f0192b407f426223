"""Scripts that the emulator's virtual environment runs, where taskmill is not installed.

They import ``ministack`` and the standard library only.
"""
