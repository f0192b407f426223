"""Emitters: each sends some kinds of reaction to AWS, in the largest requests AWS accepts."""
