"""The demonstration: services as processes of their own, and a walk through what they do.

- `python -m testproject.walkthrough` (`make demo`): starts them, walks through, ends them.
- `python -m testproject.walkthrough.serve` (`make serve`): starts them and leaves them running.
"""
