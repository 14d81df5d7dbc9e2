"""`geser`: writes a new service, adds resources and tasks to it, and brings it up to date.

Nothing here is imported when a service runs.
"""
