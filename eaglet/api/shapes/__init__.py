"""What a handler answers: its shape, by return annotation or `@answers`, and what it refuses."""
