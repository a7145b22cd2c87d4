"""The garbage collector of a process that handles thousands of messages a second."""

import gc

from hub.free_pages import return_free_pages

GARBAGE_OBJECTS = 20_000


def settle_memory() -> None:
    """What the start made stays: the collector looks only at what messages make, and not at each of them.

    With the default of 700 objects it runs several times a message.
    """
    return_free_pages()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS, 20, 50)
