"""Signed envelopes as files in a shared folder: for Parties that run no server."""
