"""`itmo-hub demo`: registries, hub and database start on this machine and tell one story."""
