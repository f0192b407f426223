"""What callers send and get: pydantic models, camelCase on the wire.

Imported where something is validated or shown; the worker and the dispatcher start without them.
"""
