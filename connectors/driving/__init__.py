"""Starting and driving simulated registries as processes: what demonstrations and tests use.

Nothing here imports the simulator; it is spoken to over HTTP only.
"""
