"""Typed callers: a module of methods with annotations, written from a service's OpenAPI document.

Only `manage.py eaglet_client` imports any of this.
"""
