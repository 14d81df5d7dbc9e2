"""A small project over eaglet: what the demonstration and the acceptance tests run."""
