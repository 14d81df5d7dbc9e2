"""Services that are not there: what `eaglet.client.testing` is made of.

The client is the real one, down to its connections. There a stand-in answers, so that tokens,
deadlines, repetitions and breakers do what they do in production, and nothing reaches a network.
"""
