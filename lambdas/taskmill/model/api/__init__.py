"""What callers send and get: pydantic models, camelCase on the wire.

Imported where something is validated or shown, never by the worker and the dispatcher as they start.
"""
