"""One statement for what many tasks ask at the same time: a group commit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

__all__ = ("Batch",)

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Batch(Generic[Item, Answer]):
    """Gathers what tasks ask while an earlier call is under way, and asks for all of it at once.

    A single task waits for nothing but its own call; a hundred at once share one.

    Args:
        ask_all: Answers several items, in their order. What it raises, all of them get.
    """

    def __init__(self, ask_all: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]]) -> None:
        self._ask_all = ask_all
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Answer:
        """Return the answer to one item."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._run())
        return await answer

    async def idle(self) -> None:
        """Wait until nothing is being asked."""
        if self._asking is not None:
            await asyncio.wait([self._asking])

    async def _run(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting, []
                await self._answer(taken)
        finally:
            self._asking = None

    async def _answer(self, taken: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._ask_all([item for item, _ in taken])
        except BaseException as error:  # noqa: BLE001 - whoever asked gets it, whatever it is
            for _, answer in taken:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), found in zip(taken, answers, strict=True):
            if not answer.done():
                answer.set_result(found)
