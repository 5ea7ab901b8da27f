"""Reconciliation: find every disagreement about a unit, and follow it to its end. Pure rules.

Statements are compared by serial intervals, never by rows, so that it does not matter how either
side splits its blocks. The order of reading: `attributes` (what is said about a serial),
`columns` (a statement as columns), `contradictions` (a statement against itself), `digests`
(cheap equality), `sweep` (what differs), `findings` (what a difference means), `double_claims`
(many registries at once), `pairing` (transfers and acquisitions), `discrepancy` (the life of a
case).
"""
