"""The error that `geser` prints."""


class GeserError(Exception):
    """Say why geser refuses, and what to do instead; nothing has been written."""
