"""Identifiers of other registries: read into typed parts, printed back, never merged.

One module per family holds a table of `FormatRule`; `schema.formats.detection` knows them all.
"""
