"""AWS adapters: one package or module per AWS service, with small classes around its client.

The only package that calls AWS; clients are passed in. May import `model`. Contains no decisions
about tasks.
"""
