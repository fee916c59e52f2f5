"""A mail server on a free port of this machine, as strict and as unfriendly as a test wants it.

It speaks enough of RFC 5321 and of AUTH PLAIN for real clients. `answers` are given in turn to RCPT and DATA
commands before the friendly ones; the answer `drop` closes the connection instead, and `forget` takes the
letter and then closes without saying so.
"""

from __future__ import annotations

import base64
import socketserver
import threading
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType


@dataclass
class Letter:
    """What was taken: from whom, to whom, and the mail itself."""

    sender: str
    recipients: list[str]
    mail: EmailMessage


class _Conversation(socketserver.StreamRequestHandler):
    timeout = 10

    def handle(self) -> None:
        mailbox: MailServer = self.server.mailbox  # type: ignore[attr-defined]
        mailbox.connections += 1
        self.say("220 here")
        sender, known = "", not mailbox.users
        recipients: list[str] = []
        while line := self.rfile.readline():
            words = line.decode().strip()
            verb = words.upper().split(" ", 1)[0]
            mailbox.heard.append(words)
            if verb == "EHLO":
                self.say("250-here\r\n250-8BITMIME\r\n250 AUTH PLAIN" if mailbox.users else "250 here")
            elif verb == "AUTH":
                _, user, password = base64.b64decode(words.split()[2]).decode().split("\0")
                known = mailbox.users.get(user) == password
                self.say("235 welcome" if known else "535 wrong password")
            elif verb == "MAIL":
                sender, recipients = _address(words), []
                self.say("250 go on" if known else "530 who are you")
            elif verb == "RCPT":
                if not self.say_next(mailbox.rcpt_answers, "250 go on"):
                    return
                recipients.append(_address(words))
            elif verb == "DATA":
                if not self.take(mailbox, sender, recipients):
                    return
            elif verb == "QUIT":
                self.say("221 good bye")
                return
            else:
                self.say("250 fine")

    def take(self, mailbox: MailServer, sender: str, recipients: list[str]) -> bool:
        self.say("354 write")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b"..") else line)
        answer = mailbox.data_answers[0] if mailbox.data_answers else "250 taken"
        if answer == "forget" or answer.startswith("250"):
            mail = message_from_bytes(b"".join(lines), policy=default)
            mailbox.letters.append(Letter(sender, list(recipients), mail))
        return self.say_next(mailbox.data_answers, "250 taken")

    def say_next(self, answers: deque[str], friendly: str) -> bool:
        """Give the next answer; False when the conversation is over."""
        answer = answers.popleft() if answers else friendly
        if answer in {"drop", "forget"}:
            return False
        self.say(answer)
        return True

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


def _address(words: str) -> str:
    return words.partition("<")[2].partition(">")[0]


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@dataclass
class MailServer:
    """Started on entering; `letters` is what it took."""

    users: dict[str, str] = field(default_factory=dict)
    rcpt_answers: deque[str] = field(default_factory=deque)
    data_answers: deque[str] = field(default_factory=deque)
    letters: list[Letter] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __enter__(self) -> MailServer:
        self._server = _Server(("127.0.0.1", self.port), _Conversation)
        self._server.mailbox = self  # type: ignore[attr-defined]
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
