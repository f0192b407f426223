"""Running one attempt: claim, lease, time limit, children, suspension; workers and consumers.

May import `functions` and everything below. What follows from the row that it writes is the
dispatcher's.
"""
