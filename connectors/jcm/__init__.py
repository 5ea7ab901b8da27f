"""The registries of the Joint Crediting Mechanism: published tables, accounts, signed envelopes."""
