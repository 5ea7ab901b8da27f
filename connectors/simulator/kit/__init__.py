"""What simulated foreign registries share: process, database, faults on command, control."""
