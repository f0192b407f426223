"""Flow control: limits of rate and concurrency, pauses, and tasks of which there is one at a time.

What is declared, and what a task's row says of it; pure, without AWS.
"""
