"""Clients whose requests go to the API function of an in-process cloud."""
