"""E-mail over SMTP.

One connection serves a batch. A refusal of the recipient or of the content (5xx) is the letter's own fault
and final; anything else (a closed port, a 4xx, a wrong password, a refused sender) is the server's or the
configuration's, and the letter waits.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from types import TracebackType

from notifications.deliveries import Claimed

TIMEOUT = 15.0


@dataclass(frozen=True)
class Server:
    """Where letters are posted and who they say they are from."""

    host: str
    port: int
    sender: str
    public_url: str
    user: str | None = None
    password: str | None = None
    starttls: bool = False


class NotTaken(Exception):
    """The letter was not taken. `final`: it never will be. `broken`: nor will the next one now."""

    def __init__(self, reason: str, *, final: bool = False, broken: bool = False) -> None:
        self.final = final
        self.broken = broken
        super().__init__(reason)


def compose(*, claimed: Claimed, server: Server) -> EmailMessage:
    """The letter as an e-mail: Chinese first, English below; the same letter has the same Message-ID."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = server.sender
    mail["To"] = claimed.address
    mail["Subject"] = f"{claimed.subject.zh} / {claimed.subject.en}"
    mail["Date"] = format_datetime(claimed.written_at)
    domain = parseaddr(server.sender)[1].rpartition("@")[2] or "localhost"
    mail["Message-ID"] = f"<{claimed.message_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    url = f"{server.public_url.rstrip('/')}{claimed.link}"
    chinese = f"{claimed.body.zh}\n\n打开：{url}\n" if claimed.link else f"{claimed.body.zh}\n"
    english = f"{claimed.body.en}\n\nOpen: {url}\n" if claimed.link else f"{claimed.body.en}\n"
    mail.set_content(f"{chinese}\n----\n\n{english}")
    return mail


class Connection:
    """A conversation with the server, opened with the first letter."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._smtp.quit()

    def send(self, mail: EmailMessage) -> None:
        """Hand over one letter; returns only when the server has taken it, else raises NotTaken."""
        try:
            smtp = self._open()
        except (smtplib.SMTPException, OSError) as failed:
            raise NotTaken(f"{type(failed).__name__}: {failed}", broken=True) from failed
        try:
            smtp.send_message(mail)
        except smtplib.SMTPRecipientsRefused as refused:
            code, text = next(iter(refused.recipients.values()))
            raise NotTaken(_said(code, text), final=code >= 500) from refused
        except smtplib.SMTPDataError as refused:
            code = refused.smtp_code
            raise NotTaken(_said(code, refused.smtp_error), final=code >= 500) from refused
        except (smtplib.SMTPNotSupportedError, ValueError) as unfit:
            # An address that this server cannot write: no second try will change it.
            raise NotTaken(f"{type(unfit).__name__}: {unfit}", final=True) from unfit
        except (smtplib.SMTPException, OSError) as failed:
            raise NotTaken(f"{type(failed).__name__}: {failed}", broken=True) from failed

    def _open(self) -> smtplib.SMTP:
        if self._smtp is None:
            smtp = smtplib.SMTP(self._server.host, self._server.port, timeout=TIMEOUT)
            try:
                if self._server.starttls:
                    smtp.starttls(context=ssl.create_default_context())
                if self._server.user:
                    smtp.login(self._server.user, self._server.password or "")
            except BaseException:
                smtp.close()
                raise
            self._smtp = smtp
        return self._smtp


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {words}"
