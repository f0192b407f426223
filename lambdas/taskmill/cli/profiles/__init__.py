"""Profiles: named APIs with tenant, AWS profile, region and stack, in a file of the user's."""
