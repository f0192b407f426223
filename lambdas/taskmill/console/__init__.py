"""`taskmill console`: the web console, served on a loopback port of the caller's machine.

The page is static; requests below `/v1` are forwarded to one task API, signed with the caller's own
credentials. Not part of the deployed functions. Imported by `cli` and `dev` only.
"""
