"""From selections to read plans: what is asked of the storage, planned once a document."""
