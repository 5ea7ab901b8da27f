"""National registries of the UNDP make: credits read, and sent abroad by retirement with approval.

There is no call between such registries. A cross-border transfer is a retirement request of the
owner that the national authority accepts; nothing there keeps us from asking twice, so that is
done here.
"""
