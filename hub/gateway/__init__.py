"""The GraphQL gateway: roots, planner, loaders, limits and access."""
