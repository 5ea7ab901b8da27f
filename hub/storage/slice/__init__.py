"""The slice of the state that a batch touches: loaded into a ledger, and its changes written back.

`locks` says in which order a batch takes what it needs, `units` and `records` read, `changes`
finds what the rules have changed, `writing` writes it.
"""
