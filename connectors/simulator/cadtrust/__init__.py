"""A simulated CAD Trust node: staging, a slow public ledger, and everything odd that is known.

`python -m connectors.simulator.cadtrust --data FOLDER` serves both data models and prints one JSON
line when it is ready. Written from public descriptions of the interface; where they disagree or
are silent, a switch or a comment says what was assumed.
"""
