"""Migrations of the database, oldest first; each runs in one transaction, from SQL files."""
