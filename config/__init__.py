"""What differs between installations."""
