"""What has changed since the last deploy: nothing, only code of functions, or anything else.

A change of code alone is swapped in by ``UpdateFunctionCode``, without the CDK. Whatever cannot be
told for sure is a full deploy.
"""
