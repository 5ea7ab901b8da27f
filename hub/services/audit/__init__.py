"""The audit: everything that is stored, derived again from the bytes that were received."""
