"""Kills whatever carries tasks while they are sent, and counts what becomes of them."""
