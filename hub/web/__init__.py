"""Starlette routes: messages, tokens, health, metrics and the tile endpoints."""
