"""CAD Trust nodes (Climate Action Data Trust, data models v1 and v2): read and published.

A node keeps what an organisation stages and commits to a public ledger, and shows what all other
organisations have committed. It moves no units between registries.
"""
