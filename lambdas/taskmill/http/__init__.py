"""The HTTP API: routes to the task service, one shape for every error, and the OpenAPI document."""
