"""`geser`: write a new service, add resources and tasks to it, and keep it up to date.

Nothing here is imported when a service runs.
"""
