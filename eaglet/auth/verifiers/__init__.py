"""Tell good tokens of an issuer from bad ones: JWTs by its keys, others by asking it."""
