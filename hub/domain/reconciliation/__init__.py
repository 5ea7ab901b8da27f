"""Reconciliation: find every disagreement about a unit, and follow it to its end. Pure rules.

Statements are compared by serial intervals, never by rows, so that it does not matter how either
side splits its blocks. The order of reading: `attributes` and `vocabulary` (what is said about a
serial), `columns` (a statement as columns), `contradictions` (a statement against itself),
`digests` (cheap equality), `sweep` (what differs), `classification` and `findings` (what a
difference means), `comparison` (all of this for two statements), `double_claims` and `pairing`
(many registries at once), `runs` and `discrepancy` (the life of a case), `freezes`, `trail`.
"""
