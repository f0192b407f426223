"""`taskmill dev`: the whole task service in one process, in real time, for a developer's machine.

The fakes of `testing` stand for AWS services, a consumer runs the tasks, and an HTTP server on a
loopback port answers as the API. Not part of the deployed functions. Imported by `cli` only.
"""
