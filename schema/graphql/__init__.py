"""The published GraphQL types as Strawberry declarations. No input, no output, no resolvers.

The attribute docstrings are the published descriptions; how a field is read is the affair of the
gateway and the storage.
"""
