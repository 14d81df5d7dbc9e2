"""The demonstration: services as processes of their own, and a walk through what they do.

- `python -m demo` (`make demo`): starts them, walks through, ends them.
- `python -m demo.serve` (`make serve`): starts them and leaves them running.
"""
