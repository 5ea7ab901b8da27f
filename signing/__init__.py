"""Who vouches for which bytes."""
