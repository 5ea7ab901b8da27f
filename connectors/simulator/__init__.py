"""Small registries that run as their own processes; the hub may not import them."""
