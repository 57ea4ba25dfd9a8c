"""How big a stack is: everything that costs money, as data."""

from typing import Final, Literal

import msgspec

SizeName = Literal["small", "medium", "large"]


class TaskSize(msgspec.Struct, frozen=True):
    """One Fargate task, and how many of it run.

    `cpu` counts 1/1024 of a virtual CPU, `memory` counts MiB; Fargate takes certain pairs only.
    """

    cpu: int
    memory: int
    count: int


class DatabaseSize(msgspec.Struct, frozen=True):
    """The PostgreSQL instance; storage in GB, growing by itself up to `storage_limit`."""

    instance_class: str
    storage: int
    storage_limit: int
    standby: bool


class CacheSize(msgspec.Struct, frozen=True):
    """The Valkey nodes: one alone, or a primary and its replicas."""

    node_type: str
    nodes: int


class Size(msgspec.Struct, frozen=True):
    """A whole stack.

    Without NAT gateways (each has a monthly price of its own) tasks stand in the public subnets,
    with addresses of their own, and only security groups keep strangers out.
    """

    web: TaskSize
    worker: TaskSize
    database: DatabaseSize
    cache: CacheSize
    nat_gateways: Literal[0, 1, 2]


SIZES: Final[dict[SizeName, Size]] = {
    "small": Size(
        web=TaskSize(cpu=512, memory=1024, count=1),
        worker=TaskSize(cpu=1024, memory=4096, count=1),
        database=DatabaseSize("db.t4g.micro", storage=20, storage_limit=100, standby=False),
        cache=CacheSize("cache.t4g.micro", nodes=1),
        nat_gateways=0,
    ),
    "medium": Size(
        web=TaskSize(cpu=1024, memory=2048, count=2),
        worker=TaskSize(cpu=2048, memory=8192, count=2),
        database=DatabaseSize("db.t4g.medium", storage=50, storage_limit=500, standby=True),
        cache=CacheSize("cache.t4g.small", nodes=2),
        nat_gateways=1,
    ),
    "large": Size(
        web=TaskSize(cpu=2048, memory=4096, count=3),
        worker=TaskSize(cpu=4096, memory=16384, count=6),
        database=DatabaseSize("db.m7g.large", storage=200, storage_limit=2000, standby=True),
        cache=CacheSize("cache.m7g.large", nodes=2),
        nat_gateways=2,
    ),
}
