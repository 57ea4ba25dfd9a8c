"""Whatever is asked, the platform answers as its API document says.

Every operation is asked many times with what its schemas allow and with what they do not: over a
socket, by an owner, a viewer and a stranger. `GESTRAL_FUZZ_EXAMPLES` says how often (200), and
`GESTRAL_FUZZ_SEED` which examples (0); a fault that was found is found again with the same two.
"""

import itertools
import os
from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gestral.app.headers import HEADERS

from .people import COOKIE, PASSWORD, POST, Person, World

pytestmark = pytest.mark.fuzz

EXAMPLES = int(os.environ.get("GESTRAL_FUZZ_EXAMPLES", "200"))
SEED = int(os.environ.get("GESTRAL_FUZZ_SEED", "0"))
SECONDS = 30
"""After which a request counts as hanging."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    ignored_auth,
]

FEW = 5
"""How many things are made to be deleted again."""

ENDS_SESSION = {"auth_sign_in", "auth_sign_up", "auth_sign_out"}
"""After which the person who asked has another session, or none."""


def known(case: Case, world: World, person: Person | None, number: int) -> dict[str, Any]:
    """Put something that is there into a case, for else hardly any would succeed.

    Returns:
        What the request is to be sent with besides.
    """
    # A key that was drawn before for something else would have it refused.
    case.headers.pop("Idempotency-Key", None)
    match case.operation.definition.raw["operationId"]:
        case "auth_sign_in":
            # A stranger's come from one network, and some end as too many.
            email = person.email if person else "nobody@example.org"
            case.body = {"email": email, "password": PASSWORD}
        case "auth_sign_up":
            name = f"{person.name if person else 'stranger'}-{number}"
            case.body = {"email": f"{name}@example.org", "password": PASSWORD, "name": name}
        case "video_order":
            case.body["address"] = world.post
        case "video_order_file":
            return {"files": {"file": ("tides.html", POST)}}
        case "email_choose":
            case.path_parameters |= {"plugin": "video", "name": "ready"}
        case "email_message" | "email_local_message":
            case.path_parameters["message_id"] = world.known_message
        case "video_follow":
            case.path_parameters["video_id"] = world.finished_video
        case "video_remove":
            if number < FEW:
                case.path_parameters["video_id"] = world.new_video()
        case "video_retry":
            case.path_parameters["video_id"] = world.cancelled(world.video)
        case "video_show" | "video_cancel":
            case.path_parameters["video_id"] = world.video
    return {}


SIGNED = {"email_ses_notification", "email_unsubscribe", "email_unsubscribe_page"}
"""Operations that take only what Amazon or the platform itself has signed."""


def ask(
    world: World, operation: APIOperation[Any, Any, Any, Any], person: Person | None
) -> Counter[str]:
    """Ask one operation many times, and return how often it answered with which status."""
    name = operation.definition.raw["operationId"]
    modes = [GenerationMode.POSITIVE]
    if operation.definition.raw["parameters"] or "requestBody" in operation.definition.raw:
        modes.append(GenerationMode.NEGATIVE)
    # The session is that of who asks, and not for the strategy to vary.
    fixed = {COOKIE: person.token if person else ""}
    strategies = {mode: operation.as_strategy(mode, cookies=fixed) for mode in modes}
    seen: Counter[str] = Counter()
    helped = itertools.count()

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    # The number keeps hypothesis from stopping where there is little to vary.
    @given(data=st.data(), mode=st.sampled_from(modes), number=st.integers(0, 2**32))
    def one(data: st.DataObject, mode: GenerationMode, number: int) -> None:
        case: Case = data.draw(strategies[mode])
        del number
        more: dict[str, Any] = {}
        if mode is GenerationMode.POSITIVE and data.draw(st.booleans()):
            more = known(case, world, person, next(helped))
        cookies = {COOKIE: person.token} if person else {}
        response = case.call(
            base_url=world.address,
            session=requests.Session(),
            headers=(person.network() if person else {"X-Forwarded-For": "192.0.2.1"}),
            cookies=cookies,
            timeout=SECONDS,
            **more,
        )
        seen[str(response.status_code)] += 1
        case.validate_response(response, checks=CHECKS)
        for header in HEADERS:
            assert header in response.headers, f"{header} is missing"
        if person and name in ENDS_SESSION and response.status_code < 300:
            person.sign_in()

    one()
    assert seen.total() >= EXAMPLES, f"{name} was asked {seen.total()} times only"
    return seen


def each(world: World, person: Person | None) -> dict[str, Counter[str]]:
    """Ask all operations, and fail with what is wrong with each of them."""
    schema = schemathesis.openapi.from_dict(world.document)
    found: dict[str, Counter[str]] = {}
    faults = []
    for result in schema.get_all_operations():
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        try:
            found[name] = ask(world, operation, person)
        except (AssertionError, FailureGroup, Failure, requests.RequestException) as error:
            faults.append(f"{name}: {error}")
        print(name, dict(found.get(name, {})))
    assert not faults, "\n\n".join(faults)
    return found


def guarded(world: World) -> set[str]:
    return {
        operation["operationId"]
        for item in world.document["paths"].values()
        for operation in item.values()
        if operation["security"]
    }


def test_an_owner_gets_what_the_document_promises(world: World) -> None:
    found = each(world, world.owner)
    succeeded = {name for name, seen in found.items() if any(one < "300" for one in seen)}
    assert set(found) - succeeded == SIGNED, "these never succeeded"
    for name in guarded(world):
        assert not found[name]["401"], f"{name} took the owner for a stranger"


def test_a_viewer_gets_what_the_document_promises(world: World) -> None:
    found = each(world, world.viewer)
    for name in guarded(world):
        answered = found[name]["403"] or any(one < "300" for one in found[name])
        assert answered, f"{name} answered a viewer neither way"
        assert not found[name]["401"], f"{name} took the viewer for a stranger"


def test_a_stranger_gets_what_the_document_promises(world: World) -> None:
    found = each(world, None)
    for name in guarded(world):
        assert found[name]["401"], f"{name} never asked who it is"
        assert min(found[name]) >= "400", f"{name} answered a stranger"
    assert found["auth_sign_up"]["429"], "sign-ups of one network are limited"
