"""eaglet: for Python microservices what Django is for web development."""

__version__ = "0.2.0"
