"""The documented path of the log formatter."""

from eaglet.observability.json_formatter import JsonFormatter

__all__ = ["JsonFormatter"]
