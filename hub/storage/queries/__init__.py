"""The statements of the services and the gateway, by theme; each takes a lent connection."""
