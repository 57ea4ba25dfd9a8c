"""Objects in a bucket of S3, or of what speaks like it."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from gestral.errors import NotFoundError, ServiceError
from gestral.storage.disposition import attachment
from gestral.storage.store import (
    NO_CACHE,
    ObjectInfo,
    check_expires,
    check_key,
    check_prefix,
    check_range,
)

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from botocore.response import StreamingBody
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

__all__ = ("S3Store",)

T = TypeVar("T")

CHUNK: Final = 1024 * 1024
"""Bytes that are read at a time."""

ABSENT: Final = frozenset({"404", "NoSuchKey", "NotFound"})


class S3Store:
    """Keeps objects in a bucket, by boto3 in threads.

    Credentials come from where boto3 always looks: environment, profile, role of the machine.
    Addresses signed with the credentials of a role end with them, maybe before they expire.

    Args:
        bucket: Exists, and is not public.
        prefix: Goes before every key, with a "/" between.
        endpoint: Of a service other than AWS; "" for AWS.
        region: "" for boto3's default.
    """

    def __init__(
        self, bucket: str, prefix: str = "", *, endpoint: str = "", region: str = ""
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{check_key(prefix)}/" if prefix else ""
        self._endpoint = endpoint
        self._region = region
        self._made: S3Client | None = None
        self._lock = threading.Lock()

    async def put(
        self,
        key: str,
        source: Path | bytes,
        *,
        content_type: str,
        cache_control: str = NO_CACHE,
    ) -> ObjectInfo:
        """See `ObjectStore.put`. Big files go up in parts; the object appears with the last one."""
        name = self._name(key)
        headers = {"ContentType": content_type, "CacheControl": cache_control}

        def send() -> ObjectInfo:
            with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
                self._client().upload_fileobj(file, self._bucket, name, ExtraArgs=headers)
            return self._head(key)

        return await self._run(key, send)

    async def info(self, key: str) -> ObjectInfo:
        """See `ObjectStore.info`."""
        check_key(key)
        return await self._run(key, lambda: self._head(key))

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See `ObjectStore.read`."""
        check_range(start, end)
        if end is not None and end <= start:  # S3 has no way to ask for no bytes
            await self.info(key)
            return
        last = "" if end is None else end - 1
        part = {"Range": f"bytes={start}-{last}"} if start or end is not None else {}
        body = await self._run(key, lambda: self._body(key, part))
        if body is None:
            return
        try:
            while piece := await self._run(key, lambda: body.read(CHUNK)):
                yield piece
        finally:
            body.close()

    async def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        name = self._name(key)
        await self._run(key, lambda: self._client().delete_object(Bucket=self._bucket, Key=name))

    async def list(self, prefix: str = "") -> AsyncIterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        start = f"{self._prefix}{check_prefix(prefix)}"
        pages = await self._run(
            prefix,
            lambda: iter(
                self._client()
                .get_paginator("list_objects_v2")
                .paginate(Bucket=self._bucket, Prefix=start)
            ),
        )
        while page := await self._run(prefix, lambda: next(pages, None)):
            for entry in page.get("Contents", ()):
                yield ObjectInfo(
                    key=entry["Key"].removeprefix(self._prefix),
                    size=entry["Size"],
                    etag=entry["ETag"],
                    modified=entry["LastModified"],
                )

    def address(self, key: str, *, expires: int, download_name: str = "") -> str:
        """See `ObjectStore.address`. The address is of the bucket, presigned."""
        check_expires(expires)
        parameters = {"Bucket": self._bucket, "Key": self._name(key)}
        if download_name:
            parameters["ResponseContentDisposition"] = attachment(download_name)
        with service_errors(key):
            return self._client().generate_presigned_url(
                "get_object", Params=parameters, ExpiresIn=expires
            )

    async def aclose(self) -> None:
        """See `ObjectStore.aclose`."""
        if self._made is not None:
            client, self._made = self._made, None
            await asyncio.to_thread(client.close)

    def _name(self, key: str) -> str:
        return f"{self._prefix}{check_key(key)}"

    def _head(self, key: str) -> ObjectInfo:
        head = self._client().head_object(Bucket=self._bucket, Key=self._name(key))
        return described(key, head)

    def _body(self, key: str, part: dict[str, str]) -> "StreamingBody | None":
        """Start reading; None when the range begins behind the end."""
        from botocore.exceptions import ClientError

        name = self._name(key)
        try:
            return self._client().get_object(Bucket=self._bucket, Key=name, **part)["Body"]  # type: ignore[arg-type]
        except ClientError as error:
            if error_code(error) == "InvalidRange":
                return None
            raise

    async def _run(self, key: str, work: Callable[[], T]) -> T:
        def guarded() -> T:
            with service_errors(key):
                return work()

        return await asyncio.to_thread(guarded)

    def _client(self) -> "S3Client":
        """Make the one client at its first use; it takes a moment, and may be used by threads."""
        with self._lock:
            if self._made is None:
                import boto3
                from botocore.config import Config

                options: dict[str, Any] = {"endpoint_url": self._endpoint} if self._endpoint else {}
                config = Config(
                    signature_version="s3v4",
                    retries={"mode": "standard", "max_attempts": 4},
                    # Other services seldom have a name for each bucket.
                    s3={"addressing_style": "path" if self._endpoint else "virtual"},
                )
                self._made = boto3.session.Session().client(
                    "s3", region_name=self._region or None, config=config, **options
                )
            return self._made


def described(key: str, head: "HeadObjectOutputTypeDef") -> ObjectInfo:
    """Make the description of an object out of S3's."""
    return ObjectInfo(
        key=key,
        size=head["ContentLength"],
        etag=head["ETag"],
        modified=head["LastModified"],
        content_type=head["ContentType"],
        cache_control=head.get("CacheControl", ""),
    )


def error_code(error: "ClientError") -> str:
    """Give the name that S3 has for an error."""
    return error.response.get("Error", {}).get("Code", "")


@contextmanager
def service_errors(key: str) -> Iterator[None]:
    """Turn the errors of boto3 into ours."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error_code(error)
        if code in ABSENT:
            raise NotFoundError(f"There is no file {key!r}.", code="object-not-found") from error
        raise ServiceError(
            f"The object store refused a request for {key!r}: {code}.",
            hint="Check the bucket, the credentials and their rights.",
        ) from error
    except (BotoCoreError, Boto3Error) as error:
        raise ServiceError(
            f"The object store did not answer a request for {key!r}: {error}",
            hint="Check its address and the credentials.",
        ) from error
