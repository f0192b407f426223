"""What things are: keys, statuses, rows, options, errors, the models of callers, and their rules.

Plain values, without a service behind them: the standard library, pydantic and python-ulid. May
import nothing else of taskmill.
"""
