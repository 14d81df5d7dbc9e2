"""The OpenAPI 3.1 document of a service, made from what its resources declare.

Nothing here is imported when a service starts: drf-spectacular is loaded when the document is
first asked for.
"""
