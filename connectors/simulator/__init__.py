"""Small national registries that run as processes of their own, for demonstrations and tests.

`python -m connectors.simulator --profile mongolia --data FOLDER` keeps its own books and keys and
speaks the federation protocol in both directions. The hub may not import this package.
"""
