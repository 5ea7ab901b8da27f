"""What the connectors rely on, as lists of expectations that any endpoint can be asked to meet.

One list a kind: the simulators' tests, the connectors' tests and `itmo-hub conformance` run the
same. Expectations read only, unless they say that they write.
"""
