"""Taskmill in the company of other libraries: each module needs the library that it is named for.

No module of taskmill imports these; users do.
"""
