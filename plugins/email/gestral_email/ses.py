"""Handing mail over to Amazon SES, by boto3 in a thread."""

import asyncio
import threading
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, ClassVar

from gestral.errors import JobError, RetryableError
from gestral_email.transports import LostAnswerError, one_line

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

__all__ = ("SesTransport",)

LATER = frozenset(
    {
        "AccountSuspendedException",
        "LimitExceededException",
        "SendingPausedException",
        "ServiceUnavailable",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Refusals that may pass, as the API reference of `SendEmail` names them."""

CREDENTIALS = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""Refusals of whoever runs the platform, not of the mail."""


class SesTransport:
    """Hands over to Amazon SES, version 2 of its API.

    Credentials come from where boto3 always looks: environment, profile, role of the machine.

    Args:
        region: "" for boto3's default.
        endpoint: Of a service other than AWS; "" for AWS.
        configuration_set: Says where SES tells of bounces; "" for the identity's default.
        timeout: Seconds to wait for its answer.
    """

    name: ClassVar[str] = "ses"

    def __init__(
        self, *, region: str, endpoint: str, configuration_set: str, timeout: float
    ) -> None:
        self._region = region
        self._endpoint = endpoint
        self._configuration_set = configuration_set
        self._timeout = timeout
        self._made: Any = None
        self._lock = threading.Lock()

    async def send(self, message: EmailMessage, sender: Address, recipient: str) -> str:
        """See `Transport.send`."""
        request: dict[str, Any] = {
            "FromEmailAddress": str(sender),
            "Destination": {"ToAddresses": [recipient]},
            "Content": {"Raw": {"Data": message.as_bytes()}},
        }
        if self._configuration_set:
            request["ConfigurationSetName"] = self._configuration_set
        return await asyncio.to_thread(self._send, request)

    def _send(self, request: dict[str, Any]) -> str:
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

        try:
            answer = self._client().send_email(**request)
        except ClientError as error:
            raise _refusal(error) from error
        except HTTPClientError as error:
            raise _lost(error) from error
        except (BotoCoreError, ValueError) as error:
            # No credentials, no region, or no connection: nothing was sent.
            raise _unusable(error) from error
        return str(answer["MessageId"])

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                import boto3
                from botocore.config import Config

                self._made = boto3.session.Session().client(
                    "sesv2",
                    region_name=self._region or None,
                    endpoint_url=self._endpoint or None,
                    # One attempt: botocore would send again what may have been accepted.
                    config=Config(
                        retries={"total_max_attempts": 1},
                        connect_timeout=self._timeout,
                        read_timeout=self._timeout,
                    ),
                )
            return self._made


def _unusable(error: Exception) -> RetryableError:
    return RetryableError(
        f"Amazon SES cannot be used: {one_line(error)}",
        hint="Check the region, the credentials and the rights of the role.",
        code="mail-server-unusable",
    )


def _lost(error: Exception) -> LostAnswerError:
    return LostAnswerError(
        f"Amazon SES was given the message, but its answer was lost: {one_line(error)}",
        hint="It may have arrived. It is not sent again by itself.",
    )


def _refusal(error: "ClientError") -> JobError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in CREDENTIALS:
        return _unusable(error)
    said = f"Amazon SES said {code or status}: {one_line(error)}"
    if code in LATER or status in {429, 503}:
        return RetryableError(said, code="mail-delayed")
    if status >= 500:
        return _lost(error)
    return JobError(said, code="mail-refused")
