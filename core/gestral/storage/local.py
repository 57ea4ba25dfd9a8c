"""Objects in a folder of this machine."""

import asyncio
import contextlib
import datetime as dt
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, Final, Self

import msgspec

from gestral.errors import ConflictError, NotFoundError
from gestral.storage.signing import Signer
from gestral.storage.store import (
    NO_CACHE,
    ObjectInfo,
    check_expires,
    check_key,
    check_prefix,
    check_range,
)

__all__ = ("LocalStore",)

CHUNK: Final = 256 * 1024
"""Bytes that are read at a time: few hops between threads, little memory per reader."""

ABANDONED_AFTER: Final = 24 * 3600
"""Seconds after which a half-written file belongs to a process that is gone."""


class Metadata(msgspec.Struct, frozen=True):
    """What the file of an object cannot say itself."""

    content_type: str = "application/octet-stream"
    cache_control: str = NO_CACHE


class OpenedObject:
    """An object that stays the same while it is read, also when another takes its place."""

    def __init__(self, file: BinaryIO, info: ObjectInfo) -> None:
        self.info = info
        self._file = file

    async def read(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes of a range, once, and close the object."""
        left = self.info.size if end is None else min(end, self.info.size)
        left -= start
        with self._file as file:
            await asyncio.to_thread(file.seek, start)
            while left > 0 and (piece := await asyncio.to_thread(file.read, min(CHUNK, left))):
                left -= len(piece)
                yield piece

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close an object that is not read to its end."""
        self._file.close()


class LocalStore:
    """Keeps each object as a file of the same name, so that people can look at them.

    `objects/` holds the contents, `metadata/` their types, `incoming/` what is being written. A
    file system that tells capital letters apart is needed for keys that differ only in them.

    Args:
        folder: Made when it is not there. Only one machine writes to it, with any number of
            processes.
        secret: Signs the addresses; at least 32 bytes.
        base: The path under which `gestral.storage.routes` serves this store.
    """

    def __init__(self, folder: Path, secret: bytes, base: str = "/files") -> None:
        self.signer = Signer(secret)
        self._base = base.rstrip("/")
        self._objects = folder / "objects"
        self._metadata = folder / "metadata"
        self._incoming = folder / "incoming"
        for part in (self._objects, self._metadata, self._incoming):
            part.mkdir(parents=True, exist_ok=True)
        self._sweep()

    async def put(
        self,
        key: str,
        source: Path | bytes,
        *,
        content_type: str,
        cache_control: str = NO_CACHE,
    ) -> ObjectInfo:
        """See `ObjectStore.put`."""
        path = self._path(key)
        metadata = Metadata(content_type, cache_control)

        def write() -> ObjectInfo:
            with (
                self._staged(msgspec.json.encode(metadata)) as incoming_metadata,
                self._staged(source) as incoming,
            ):
                make_room(path, key)
                # The type goes first: a crash between the two leaves an old object with the new
                # type, never a new object without any.
                move(incoming_metadata, self._metadata_path(key))
                move(incoming, path)
                return described(key, path.stat(), metadata)

        return await asyncio.to_thread(write)

    async def info(self, key: str) -> ObjectInfo:
        """See `ObjectStore.info`."""
        with await self.open(key) as opened:
            return opened.info

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See `ObjectStore.read`."""
        check_range(start, end)
        with await self.open(key) as opened:
            async for piece in opened.read(start, end):
                yield piece

    async def open(self, key: str) -> OpenedObject:
        """Open an object, so that what is told of it and what is read from it is the same one.

        Raises:
            NotFoundError: There is none under this key.
        """
        return await asyncio.to_thread(self._open, key)

    async def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        paths = self._path(key), self._metadata_path(key)

        def remove() -> None:
            for path, root in zip(paths, (self._objects, self._metadata), strict=True):
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    if not path.is_dir():
                        path.unlink()
                        remove_empty(path.parent, root)

        await asyncio.to_thread(remove)

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        check_prefix(prefix)
        folder, _, _ = prefix.rpartition("/")
        found = walk(self._objects / folder, f"{folder}/" if folder else "")
        while entry := await asyncio.to_thread(next, found, None):
            key, status = entry
            if key.startswith(prefix):
                yield described(key, status, Metadata("", ""))

    def address(self, key: str, *, expires: int, download_name: str = "") -> str:
        """See `ObjectStore.address`. The address is a path of this site, with its query."""
        check_expires(expires)
        query = self.signer.query(check_key(key), expires=expires, download_name=download_name)
        return f"{self._base}/{key}?{query}"  # no key holds what would have to be quoted

    async def aclose(self) -> None:
        """See `ObjectStore.aclose`; nothing stays open here."""

    def _path(self, key: str) -> Path:
        return self._objects / check_key(key)

    def _metadata_path(self, key: str) -> Path:
        # No key holds "~", so this name can be no folder of other keys.
        return self._metadata / f"{check_key(key)}~json"

    def _open(self, key: str) -> OpenedObject:
        try:
            file = self._path(key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise NotFoundError(f"There is no file {key!r}.", code="object-not-found") from error
        try:
            metadata = msgspec.json.decode(self._metadata_path(key).read_bytes(), type=Metadata)
        except (FileNotFoundError, msgspec.DecodeError):
            metadata = Metadata()  # put there by hand: served, but as nothing in particular
        return OpenedObject(file, described(key, os.fstat(file.fileno()), metadata))

    @contextlib.contextmanager
    def _staged(self, source: Path | bytes) -> Iterator[Path]:
        """Write a file to the disk under a name of its own; what is not moved away is removed."""
        handle, name = tempfile.mkstemp(dir=self._incoming)
        incoming = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                if isinstance(source, bytes):
                    file.write(source)
                else:
                    with source.open("rb") as original:
                        copyfileobj(original, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())
            yield incoming
        finally:
            incoming.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what processes left half-written when they were killed."""
        oldest = time.time() - ABANDONED_AFTER
        for path in self._incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another process sweeps too
                if path.stat().st_mtime < oldest:
                    path.unlink()


def make_room(path: Path, key: str) -> None:
    """Make the folder of an object.

    Raises:
        ConflictError: The key is a folder of other keys, or lies under another key.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_taken = path.is_dir()
    except (FileExistsError, NotADirectoryError):
        is_taken = True
    if is_taken:
        raise ConflictError(
            f"{key!r} cannot be kept: it, or a part of it, is an object and a folder at once.",
            hint="Use another key.",
            code="key-taken",
        )


def move(incoming: Path, target: Path) -> None:
    """Put a written file in its place, in one step that survives a power cut."""
    while True:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            incoming.replace(target)
            break
        except FileNotFoundError:
            if not incoming.exists():
                raise
            # Somebody removed the folder while it was empty: make it again.
    keep_name(target.parent)


def remove_empty(folder: Path, root: Path) -> None:
    """Remove a folder and those above it, up to the root, as far as they are empty."""
    with contextlib.suppress(OSError):  # not empty, or somebody else was faster
        while folder != root:
            folder.rmdir()
            folder = folder.parent


def keep_name(folder: Path) -> None:
    """Make the names in a folder survive a power cut; Windows cannot and need not."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def described(key: str, status: os.stat_result, metadata: Metadata) -> ObjectInfo:
    """Make the description of an object out of its file's."""
    # Every put makes a new file, so the inode changes even within one tick of the clock.
    etag = f'"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"'
    return ObjectInfo(
        key=key,
        size=status.st_size,
        etag=etag,
        modified=dt.datetime.fromtimestamp(status.st_mtime, dt.UTC),
        content_type=metadata.content_type,
        cache_control=metadata.cache_control,
    )


def walk(folder: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the keys of all files under a folder, in the order of the keys."""
    try:
        entries = [(entry, entry.is_dir()) for entry in os.scandir(folder)]
    except (FileNotFoundError, NotADirectoryError):
        return
    # "a-b" comes before "a/b" as a key: a folder sorts with its slash.
    for entry, is_folder in sorted(entries, key=lambda pair: pair[0].name + "/" * pair[1]):
        key = f"{prefix}{entry.name}"
        if is_folder:
            yield from walk(Path(entry.path), f"{key}/")
        else:
            with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                yield key, entry.stat()
