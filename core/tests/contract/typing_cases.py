"""Read by type checkers, never run: a line that ends in `# wrong` must be refused, no other."""

import msgspec

from gestral.events import Event
from gestral.plugin import Capability, Job, JobContext, Listener, Plugin, Provision, Services


class Left(msgspec.Struct):
    number: int = 1


class Right(msgspec.Struct):
    text: str = ""


class Happened(Event, frozen=True, kw_only=True):
    pass


class Greeter:
    pass


async def with_left(context: JobContext, arguments: Left) -> None: ...
async def with_right(context: JobContext, arguments: Right) -> None: ...
async def on_happened(context: JobContext, event: Happened) -> None: ...


def make_greeter(services: Services) -> Greeter:
    return Greeter()


def make_number(services: Services) -> int:
    return 1


GREETER = Capability[Greeter]("greeter")


def use(services: Services) -> None:
    found: Greeter = services.get(GREETER)
    number: int = services.get(GREETER)  # wrong
    del found, number


sound = Plugin(
    name="sound",
    api=">=1,<2",
    summary="",
    provides=(Provision(capability=GREETER, factory=make_greeter),),
    jobs=(Job(name="job", arguments=Left, run=with_left, timeout=1),),
    listeners=(Listener(event=Happened, run=on_happened),),
)
broken = Plugin(
    name="broken",
    api=">=1,<2",
    summary="",
    provides=(
        Provision(capability=GREETER, factory=make_number),  # wrong
    ),
    jobs=(
        Job(name="job", arguments=Left, run=with_right, timeout=1),  # wrong
    ),
    listeners=(
        Listener(event=Happened, run=with_left),  # wrong
    ),
)
untimed = Job(name="job", arguments=Left, run=with_left)  # wrong
