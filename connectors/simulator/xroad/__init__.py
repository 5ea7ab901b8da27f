"""A simulated X-Road security server that relays REST calls, as its consumer sees it."""
