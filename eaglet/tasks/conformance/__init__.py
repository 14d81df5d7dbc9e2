"""Try a backend of Django's tasks by cases over the public API of `django.tasks`.

With this app installed, TASKS["default"] of that backend, CONFORMANCE_MARKS the path of a file that
can be written, and its workers started: `python -m eaglet.tasks.conformance`.
"""
