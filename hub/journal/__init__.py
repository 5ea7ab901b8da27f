"""The tamper-evident record: RFC 9162 Merkle tree, tiles and audit. Pure but for its store."""
