"""Which way mail leaves: what the operator chose, among what is there."""

from gestral.errors import ConfigurationError
from gestral.plugin import Services
from gestral_email.settings import EmailSettings, read_smtp_url
from gestral_email.transports import TRANSPORTS, MailboxTransport, Transport

__all__ = ("chosen_transport",)

OWN = ("mailbox", "smtp", "ses")


def chosen_transport(services: Services) -> Transport:
    """Return the transport that the settings name.

    Raises:
        ConfigurationError: There is none of that name.
    """
    from gestral_email.ses import SesTransport
    from gestral_email.smtp import SmtpTransport

    settings = services.settings(EmailSettings)
    match settings.chosen:
        case "mailbox":
            return MailboxTransport()
        case "smtp":
            return SmtpTransport(read_smtp_url(settings.smtp_url), timeout=settings.timeout)
        case "ses":
            return SesTransport(
                region=settings.ses_region,
                endpoint=settings.ses_endpoint,
                configuration_set=settings.ses_configuration_set,
                timeout=settings.timeout,
            )
    brought = services.all(TRANSPORTS)
    if settings.chosen not in brought:
        raise ConfigurationError(
            f"GESTRAL_EMAIL_TRANSPORT is {settings.chosen!r}, but there is no such transport.",
            hint=f"Choose one of: {', '.join((*OWN, *brought))}.",
        )
    return brought[settings.chosen]
