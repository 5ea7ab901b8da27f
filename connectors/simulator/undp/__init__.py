"""A simulated national registry of the UNDP make: credits in blocks, retirement with approval.

`python -m connectors.simulator.undp --data FOLDER` prints one JSON line when it is ready. Written
from public descriptions of the interface; known bugs are switches that are on to begin with.
"""
