"""Notes are kept, each organisation's apart, and not for ever."""

from gestral.capabilities import JOBS
from gestral.events import Event, OrganisationDeleted, UserDeleted
from gestral.testing.kit import Kit

NOTES = "/api/v1/{{ cookiecutter.name }}/notes"
READ = "{{ cookiecutter.name }}:read"
WRITE = "{{ cookiecutter.name }}:write"


async def test_a_note_is_kept(gestral: Kit) -> None:
    client = gestral.client(gestral.user(READ, WRITE))
    assert (await client.post(NOTES, json={"text": "hello"})).status_code == 201
    assert [note["text"] for note in (await client.get(NOTES)).json()["items"]] == ["hello"]


async def test_notes_are_listed_by_pages(gestral: Kit) -> None:
    client = gestral.client(gestral.user(READ, WRITE))
    for text in ("one", "two"):
        await client.post(NOTES, json={"text": text})
    newest = (await client.get(NOTES, params={"limit": 1})).json()
    oldest = (await client.get(NOTES, params={"limit": 1, "cursor": newest["next"]})).json()
    assert [page["items"][0]["text"] for page in (newest, oldest)] == ["two", "one"]
    assert oldest["next"] is None


async def test_others_do_not_see_it(gestral: Kit) -> None:
    ada, eve = gestral.user(WRITE), gestral.user(READ, name="Eve")
    await gestral.client(ada).post(NOTES, json={"text": "hello"})
    assert (await gestral.client(eve).get(NOTES)).json()["items"] == []


async def test_a_reader_may_not_write(gestral: Kit) -> None:
    answer = await gestral.client(gestral.user(READ)).post(NOTES, json={"text": "hello"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_an_empty_note_is_refused(gestral: Kit) -> None:
    answer = await gestral.client(gestral.user(WRITE)).post(NOTES, json={"text": ""})
    assert answer.status_code == 422


async def test_a_note_is_deleted_after_a_year(gestral: Kit) -> None:
    client = gestral.client(gestral.user(READ, WRITE))
    await client.post(NOTES, json={"text": "hello"})
    await gestral.run_jobs()  # the schedule begins with its next due time
    gestral.clock.turn(days=366)
    await gestral.run_jobs()
    assert (await client.get(NOTES)).json()["items"] == []


async def test_notes_go_with_the_account_and_with_the_organisation(gestral: Kit) -> None:
    ada = gestral.user(READ, WRITE)
    client = gestral.client(ada)
    events: list[Event] = [
        UserDeleted(user_id=ada.user_id),
        OrganisationDeleted(organisation_id=ada.organisation_id),
    ]
    for event in events:
        await client.post(NOTES, json={"text": "hello"})
        async with gestral.across_organisations() as session:
            await gestral.platform.get(JOBS).publish(session, event)
        await gestral.run_jobs()
        assert (await client.get(NOTES)).json()["items"] == []
