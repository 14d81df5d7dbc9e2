"""MongoDB as an entry of DATABASES."""
