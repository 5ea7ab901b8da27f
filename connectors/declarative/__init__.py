"""Sources described by configuration alone: columns to fields, code lists, dates, checks."""
