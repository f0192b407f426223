"""Runs attempts of tasks: claim, lease, time limit, children, suspension; workers and consumers.

May import `functions` and everything below. This package writes rows; the dispatcher reacts to
the row changes (messages, callbacks, notifications).
"""
