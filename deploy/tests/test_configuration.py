"""What operators may write in a stack's settings, and what is refused with which words."""

from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stack_settings import REGION, settings

from gestral_deploy.configuration import RESERVED_VARIABLES, Configuration, parse
from gestral_deploy.sizes import SIZES

DIGEST = "@sha256:" + "a1" * 32
SECRET_ARN = f"arn:aws:secretsmanager:{REGION}:111122223333:secret:smtp-abc"


def test_the_smallest_settings_are_a_protected_stack() -> None:
    configuration = parse(settings())
    assert configuration.deletion_protection is True
    assert configuration.resources == SIZES["small"]


def test_values_may_be_text_as_pulumis_command_line_writes_them() -> None:
    configuration = parse(settings(backupDays="14", deletionProtection="false", workerCount="0"))
    assert configuration.backup_days == 14
    assert configuration.deletion_protection is False
    assert configuration.resources.worker.count == 0
    assert configuration.resources.web == SIZES["small"].web


@pytest.mark.parametrize(
    ("image", "repository"),
    [
        (
            f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/team/gestral:1.2{DIGEST}",
            "arn:aws:ecr:eu-central-1:111122223333:repository/team/gestral",
        ),
        (f"ghcr.io/example/gestral{DIGEST}", None),
    ],
)
def test_only_an_image_in_ecr_needs_a_permission(image: str, repository: str | None) -> None:
    assert parse(settings(image=image)).image_repository_arn == repository


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"image": None}, "image"),
    ({"image": "ghcr.io/example/gestral:1.2"}, "@sha256:"),
    ({"image": "ghcr.io/example/gestral@sha256:abc"}, "@sha256:"),
    ({"image": f"gestral{DIGEST}"}, "registry/repository"),
    ({"size": "huge"}, "size"),
    ({"sise": "small"}, "sise"),
    ({"region": "Frankfurt"}, "region"),
    ({"region": "cn-north-1"}, "region"),
    ({"accountId": "12"}, "accountId"),
    ({"architecture": "riscv"}, "architecture"),
    ({"certificateArn": None}, "go together"),
    ({"domain": None}, "go together"),
    ({"domain": None, "certificateArn": None}, "plainHttp: true"),
    ({"plainHttp": True}, "HTTPS only"),
    ({"domain": "https://videos.example.org/"}, "without scheme"),
    ({"domain": "localhost"}, "no host name"),
    ({"certificateArn": "arn:aws:iam::111122223333:server-certificate/x"}, "ACM"),
    (
        {"certificateArn": f"arn:aws:acm:us-east-1:111122223333:certificate/{'0' * 36}"},
        "own region",
    ),
    ({"cidrBlock": "10.42.0.0"}, "/16"),
    ({"cidrBlock": "10.42.0.1/16"}, "host bits"),
    ({"cidrBlock": "8.8.0.0/16"}, "not private"),
    ({"cidrBlock": "10.0.0.0/8"}, "/16 to /22"),
    ({"cidrBlock": "10.42.0.0/28"}, "/16 to /22"),
    ({"backupDays": 0}, "backupDays"),
    ({"backupDays": 36}, "backupDays"),
    ({"logDays": 31}, "logDays"),
    ({"webCount": 0}, "webCount"),
    ({"workerCount": -1}, "workerCount"),
    ({"environment": {"PATH": "/bin"}}, "begin with GESTRAL_"),
    ({"secrets": {"GESTRAL_EMAIL_PASSWORD": "hunter2"}}, "never the secret itself"),
    (
        {"secrets": {"GESTRAL_EMAIL_PASSWORD": SECRET_ARN.replace(REGION, "us-east-1")}},
        "not in eu-central-1",
    ),
    (
        {
            "environment": {"GESTRAL_EMAIL_PASSWORD": "x"},
            "secrets": {"GESTRAL_EMAIL_PASSWORD": SECRET_ARN},
        },
        "both",
    ),
    ({"tags": {"aws:team": "x"}}, "belong to AWS"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=lambda value: str(value)[:50])
def test_what_cannot_work_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(pulumi.RunError, match="gestral:settings is refused") as refusal:
        parse(settings(**changes))
    assert words in str(refusal.value)


@pytest.mark.parametrize("variable", sorted(RESERVED_VARIABLES))
def test_what_the_program_sets_cannot_be_set_by_hand(variable: str) -> None:
    with pytest.raises(pulumi.RunError, match=variable):
        parse(settings(environment={variable: "x"}))
    with pytest.raises(pulumi.RunError, match=variable):
        parse(settings(secrets={variable: SECRET_ARN}))


def test_a_pasted_secret_is_not_shown() -> None:
    with pytest.raises(pulumi.RunError) as refusal:
        parse(settings(secrets={"GESTRAL_EMAIL_PASSWORD": "hunter2"}))
    assert "hunter2" not in str(refusal.value)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(pulumi.RunError) as refusal:
        parse(settings(image="gestral", region="Frankfurt", cidrBlock="8.8.0.0/16", domain=None))
    for field in ("image:", "region:", "cidrBlock:", "domain"):
        assert field in str(refusal.value)


@given(
    st.dictionaries(
        st.sampled_from([*Configuration.__struct_encode_fields__, "other"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=40)
        | st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=2),
    )
)
def test_any_settings_are_accepted_or_refused_but_never_crash(changes: dict[str, Any]) -> None:
    assert _answer(settings() | changes).startswith(("accepted", "gestral:settings is refused"))


def _answer(values: dict[str, Any]) -> str:
    try:
        parse(values)
    except pulumi.RunError as refusal:
        return str(refusal)
    return "accepted"
