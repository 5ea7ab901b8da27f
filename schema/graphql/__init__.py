"""The published GraphQL types as Strawberry declarations; no input or output."""
