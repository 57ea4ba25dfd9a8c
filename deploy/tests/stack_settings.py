"""Settings of a stack that are accepted: what tests begin with."""

from typing import Any

from stand_in_engine import ACCOUNT

REGION = "eu-central-1"


def settings(**changes: Any) -> dict[str, Any]:
    """Settings of a small stack in production, with changes; None takes a setting away."""
    values = {
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/gestral@sha256:{'a1' * 32}",
        "size": "small",
        "region": REGION,
        "domain": "videos.example.org",
        "certificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/{'0' * 8}-{'0' * 27}",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}
