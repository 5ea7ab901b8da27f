"""The read side of the graph: read plans become one SQL statement each, and rows become JSON.

`plan` is the storage-neutral language of reads, `catalogue` says where every fact stands in the
tables, `building` composes one statement, `printing` writes the function that prints its rows.
"""
