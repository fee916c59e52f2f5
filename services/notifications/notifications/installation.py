"""What the settings of this installation mean for messages."""

from __future__ import annotations

from chassis.config import Settings

from notifications.mail import Server
from notifications.messages import Office


def office(settings: Settings) -> Office:
    """Local time, the secret behind links, and whether messages go out by e-mail too."""
    return Office(zone=settings.timezone, secret=settings.secret, sends_mail=settings.smtp is not None)


def mail_server(settings: Settings) -> Server | None:
    """The mail server, where one is set."""
    smtp = settings.smtp
    if smtp is None:
        return None
    return Server(
        host=smtp.host,
        port=smtp.port,
        sender=smtp.sender,
        public_url=settings.public_url,
        user=smtp.user,
        password=smtp.password,
        starttls=smtp.starttls,
    )
