"""The roots of the schema: what can be asked and done."""
