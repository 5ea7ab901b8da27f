"""The `itmo-hub` command."""


def main() -> None:
    """Run the command line."""
