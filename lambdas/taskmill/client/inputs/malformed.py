"""The error of readers of files, which know the line but not the name of the file."""


class Malformed(Exception):
    """A file is malformed; the message says where, without the name of the file."""
