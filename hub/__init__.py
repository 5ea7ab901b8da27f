"""The ITMO Federation Hub: one service over all Article 6.2 registries."""
