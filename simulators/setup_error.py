"""What a simulation cannot begin with."""


class SetupError(Exception):
    """The command line asks for something that is not there; the text says what."""
