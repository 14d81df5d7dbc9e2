"""Documented import paths; everything here only re-exports."""
