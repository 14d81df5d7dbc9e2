"""Writing a typed module that calls a service, from the service's OpenAPI document."""
