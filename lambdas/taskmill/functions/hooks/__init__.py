"""Middleware: code of the user's around submits and attempts.

`middleware.py` has what users write and register; `submits.py` and `attempts.py` call it.
"""
