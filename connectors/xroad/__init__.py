"""Envelopes through an X-Road security server: REST message protocol, version r1."""
