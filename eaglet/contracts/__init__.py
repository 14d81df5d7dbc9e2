"""What services promise each other, as documents: read, compared and joined."""
