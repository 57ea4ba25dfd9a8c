"""No operation of the platform lets one organisation see, change or guess what another has."""

import uuid

import pytest

from gestral.testing.kit import Kit
from gestral.testing.tenants import Operation, operations, trespasses
from gestral_auth.models import ROLES

from .conftest import LISTS, Tenant

UNLISTED = ("/health/live", "/health/ready", "/metrics", "/", "/settings")
"""Addresses that the OpenAPI document does not tell of."""


def every_operation(kit: Kit) -> list[Operation]:
    """Return all operations; that which signs out comes last, for what follows is nobody's."""
    told = operations(kit.app, "/")
    told += [
        Operation(method="GET", path=path, places=(), query={}, body=None, form=False)
        for path in UNLISTED
    ]
    return sorted(told, key=lambda one: "sign-out" in one.path)


async def test_no_operation_tells_a_stranger_of_another_organisation(
    gestral: Kit, hers: Tenant, theirs: Tenant
) -> None:
    before, files = hers.belongings, await hers.files()
    told = every_operation(gestral)
    found = {
        who: await trespasses(theirs.client(who), told, before) for who in (*ROLES, "former", "")
    }
    assert not any(found.values()), found
    assert hers.belongings == before
    assert await hers.files() == files


async def test_the_search_would_see_what_a_member_sees(gestral: Kit, hers: Tenant) -> None:
    """What is searched for is there to be found: each list and each thing gives itself away."""
    read = [
        one
        for one in operations(gestral.app, "/")
        if one.method == "GET" and not one.path.endswith("/events")
    ]
    found = await trespasses(hers.client("admin"), read, hers.belongings)
    for path in (*LISTS, f"{LISTS[0]}/{{video_id}}", f"{LISTS[1]}/{{message_id}}"):
        assert any(f"GET {path} shows {hers.word}" in line for line in found), path
        assert any(line.startswith(f"GET {path}, ") for line in found), path
    assert any(line.startswith("GET /api/v1/auth/me shows") for line in found)


async def test_a_key_of_somebody_else_replays_nothing(hers: Tenant, theirs: Tenant) -> None:
    request = {
        "files": {"file": ("a.txt", f"{hers.word}\n\nOne sentence is enough.".encode())},
        "headers": {"Idempotency-Key": f"key-{hers.word}"},
    }
    for stranger in (theirs.client("editor"), hers.client("owner")):
        answer = await stranger.post(f"{LISTS[0]}/file", **request)  # type: ignore[arg-type]
        assert answer.is_success, answer.text
        assert "Idempotent-Replayed" not in answer.headers
    foreign = theirs.client("editor")
    listed = (await foreign.get(LISTS[0])).json()["items"]
    assert hers.belongings.ids
    assert all(one["id"] not in hers.belongings.ids for one in listed)


@pytest.mark.parametrize("known", [True, False], ids=["a file", "no file"])
async def test_an_address_of_a_file_cannot_be_made_of_another(
    hers: Tenant, theirs: Tenant, known: bool
) -> None:
    """Who is given addresses of their own files learns nothing about those of others."""
    answer = await theirs.client("viewer").get(f"{LISTS[0]}/{theirs.ready}")
    own: str = answer.json()["files"]["mp4"]
    video = hers.ready if known else uuid.uuid4()
    stranger = theirs.client("viewer")
    assert (await stranger.get(own)).text == theirs.word
    for address in (own, own.partition("?")[0]):
        forged = await stranger.get(address.replace(str(theirs.ready), str(video)))
        assert (forged.status_code, forged.json()["code"]) == (403, "address-forged")


async def test_a_former_member_is_nobody(hers: Tenant) -> None:
    answer = await hers.client("former").get("/api/v1/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    shell = (await hers.client("former").get("/api/v1/core/shell")).json()
    assert shell["identity"] is None
