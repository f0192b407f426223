"""The HTTP API: routes to the task service, one form for all errors, and the OpenAPI document.

A route validates a request, makes one call of the service and answers; rules about tasks belong to
`service` and `model`. May import `wiring` and everything below; knows nothing of the command line.
"""
