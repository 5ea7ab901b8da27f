"""How to talk to one kind of registry. Never imports the hub."""
