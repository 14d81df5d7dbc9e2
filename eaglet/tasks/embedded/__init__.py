"""The embedded broker: a kombu transport over one SQLite file."""
