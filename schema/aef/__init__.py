"""The Agreed Electronic Format: one table of fields that drives export, import, checks and docs."""
