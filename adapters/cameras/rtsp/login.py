"""Our user at a camera; never shown."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Login:
    """``repr`` shows neither; give it to a session and keep it nowhere else."""

    username: str = field(repr=False)
    password: str = field(repr=False)

    def __reduce__(self) -> str:
        raise TypeError("a login is not pickled")
