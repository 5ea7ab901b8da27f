"""The unified ITMO schema: all that registries say and read."""
