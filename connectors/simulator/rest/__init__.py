"""A simulated plain registry: a list of records over REST, cut into pages in one of four ways."""
