"""Issue access tokens for other services: whom for, with what keys, and as what."""
