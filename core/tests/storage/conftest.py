"""A store in a folder and one in a bucket, behind the same fixture."""

from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network
from urllib.parse import quote

import boto3
import pytest

from gestral.http import Fetcher, Limits, NetworkPolicy
from gestral.storage import ObjectStore, open_store
from gestral.storage.local import LocalStore

SECRET = bytes(range(32))


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A bucket named "files" on moto's server; it judges no signatures."""
    from moto.server import ThreadedMotoServer

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=endpoint)
        client.create_bucket(Bucket="files")
        client.close()
        yield endpoint
        server.stop()


@pytest.fixture
async def local(tmp_path) -> LocalStore:
    return LocalStore(tmp_path / "store", SECRET)


@pytest.fixture(params=["local", "s3"])
async def store(request, tmp_path) -> AsyncIterator[ObjectStore]:
    if request.param == "local":
        url = f"file://{quote(str(tmp_path / 'a store'))}"
    else:
        endpoint = request.getfixturevalue("s3_endpoint")
        url = f"s3://files/{tmp_path.name}/deep?endpoint={quote(endpoint)}&region=us-east-1"
    store = open_store(url, secret=SECRET)
    yield store
    await store.aclose()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    policy = NetworkPolicy(allow_networks=(ip_network("127.0.0.0/8"),))
    async with Fetcher(policy=policy, limits=Limits(interval=0)) as fetcher:
        yield fetcher
