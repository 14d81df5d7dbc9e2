def gateway_answers():
    """Answer at once."""
