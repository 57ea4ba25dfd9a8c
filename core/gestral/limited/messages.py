"""What parent and child say to each other, in MessagePack."""

import msgspec

__all__ = ("Failure", "Limits", "Request", "Success")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one child may use.

    Attributes:
        cpu: Seconds of CPU.
        clock: Seconds until it is killed, also when it only waits.
        memory: Bytes of address space; numpy and its kin reserve more than they use.
        output: Bytes of the largest file that it may write.
        answer: Bytes of what it may return.
    """

    cpu: int = 20
    clock: float = 45.0
    memory: int = 2_000_000_000
    output: int = 100_000_000
    answer: int = 32_000_000


class Request(msgspec.Struct, frozen=True):
    """What the child is told: its limits, where modules are found, the task and its arguments."""

    limits: Limits
    path: list[str]
    task: str
    arguments: bytes


class Success(msgspec.Struct, frozen=True, tag=True):
    """What the task returned, in MessagePack."""

    value: bytes


class Failure(msgspec.Struct, frozen=True, tag=True):
    """An error that the task named, as its parent raises it again."""

    kind: str
    message: str
    hint: str
    code: str
