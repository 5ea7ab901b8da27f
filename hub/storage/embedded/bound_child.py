"""Becomes the command given, bound to the life of the process that started it (Linux).

Run as a script, in a fresh interpreter, so that nothing has to happen between fork and exec in
the threads of the hub: `bound_child.py PARENT_PID UID GID COMMAND...`. The order matters: the
kernel forgets the parent-death signal when the user changes, so the user is dropped first; and a
parent that died before the signal was asked for is found by looking at the parent once more.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(parent: int, uid: int, gid: int, command: list[str]) -> None:
    """Drop to the user, ask for SIGINT (a fast, clean shutdown) at the parent's death, exec."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGINT) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() == parent:
        os.execv(command[0], command)  # noqa: S606  the command is the hub's own, no shell wanted


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
