"""The documented path of what generated callers import."""

from eaglet.client.codegen.runtime import call, call_or_raise

__all__ = ["call", "call_or_raise"]
