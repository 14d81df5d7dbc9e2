"""Kills brokers, workers and relays while tasks are sent, and counts what becomes of them."""
