"""Messages leave by e-mail through a real SMTP conversation: once, again when that helps, never for ever."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from contracts.notifications import events
from contracts.scheduling.events import OFFER_MADE
from notifications import deliveries, mail
from notifications.installation import mail_server as server_of
from notifications.rules.retry import TRIES
from notifications.rules.wording import Both
from notifications.tables import Delivery
from sqlalchemy import select

from tests.notifications.conftest import smtp_settings
from tests.notifications.smtp_server import MailServer


def deliveries_of(world: Any) -> list[tuple[str, int]]:
    with world.harness.store.reading() as tx:
        found = tx.session.scalars(select(Delivery).order_by(Delivery.message_id))
        return [(delivery.state, delivery.attempts) for delivery in found]


def send(world: Any, *, later: timedelta | None = None) -> None:
    if later is not None:
        world.harness.clock.advance(later)
    world.harness.tick("send_mail")


def told(world: Any, event_type: Any) -> list[dict[str, Any]]:
    return [event.data for event in world.harness.events(event_type)]


def test_a_letter_is_sent_once_in_both_languages(mailing_world: Any, mail_server: MailServer) -> None:
    world = mailing_world
    world.make_offer(needs_approval=False)
    send(world)
    send(world, later=timedelta(days=1))
    [letter] = mail_server.letters
    assert letter.recipients == ["wu@cdc.example"]
    assert letter.sender == "lectern@lectern.example"
    written = letter.mail
    message = world.to(world.lecturer)
    assert written["To"] == "wu@cdc.example"
    assert written["From"] == "共享讲台 <lectern@lectern.example>"
    assert written["Subject"] == ("邀请您讲课：“《长津湖》学习分享” / Will you lecture? 《长津湖》学习分享")
    assert written["Message-ID"] == f"<{message.id}@lectern.example>"
    assert written["Auto-Submitted"] == "auto-generated"
    body = written.get_content()
    chinese, english = body.split("----")
    assert "罗店社区党校邀请您讲" in chinese
    assert f"打开：https://lectern.example{message.link}" in chinese
    assert "Luodian School invites you" in english
    assert f"Open: https://lectern.example{message.link}" in english
    assert deliveries_of(world) == [("sent", 1)]
    assert told(world, events.MESSAGE_SENT) == [
        {
            "message_id": message.id,
            "person_id": world.lecturer,
            "kind": "offer.made",
            "channel": "email",
        }
    ]


def test_only_those_with_an_address_get_letters(mailing_world: Any, mail_server: MailServer) -> None:
    world = mailing_world
    world.schedule()
    send(world)
    assert sorted(letter.recipients[0] for letter in mail_server.letters) == [
        "chen@school.example",
        "wu@cdc.example",
    ]
    assert mail_server.connections == 1
    assert len(world.told("session.scheduled")) == 5


def test_without_a_mail_server_nothing_waits_to_be_sent(world: Any) -> None:
    world.name(world.lecturer, "吴医生", "wu@cdc.example")
    world.make_offer(needs_approval=False)
    send(world)
    assert deliveries_of(world) == []
    assert world.told("offer.made") == [world.lecturer]


@pytest.mark.parametrize("answer", ["450 come back later", "451 trouble here", "drop"])
def test_what_may_pass_is_tried_again_later(mailing_world: Any, mail_server: MailServer, answer: str) -> None:
    world = mailing_world
    mail_server.rcpt_answers.append(answer)
    world.make_offer(needs_approval=False)
    send(world)
    assert (mail_server.letters, deliveries_of(world)) == ([], [("queued", 1)])
    send(world, later=timedelta(minutes=1))
    assert len(mail_server.letters) == 1
    assert deliveries_of(world) == [("sent", 2)]
    assert len(told(world, events.MESSAGE_SENT)) == 1


def test_a_temporary_refusal_of_one_does_not_hold_up_the_others(
    mailing_world: Any, mail_server: MailServer
) -> None:
    world = mailing_world
    mail_server.rcpt_answers.append("450 greylisted")
    world.schedule()
    send(world)
    assert len(mail_server.letters) == 1
    assert sorted(deliveries_of(world)) == [("queued", 1), ("sent", 1)]


@pytest.mark.parametrize(
    ("where", "answer"), [("rcpt_answers", "550 no such user"), ("data_answers", "554 not wanted")]
)
def test_what_will_never_be_taken_is_given_up_at_once(
    mailing_world: Any, mail_server: MailServer, where: str, answer: str
) -> None:
    world = mailing_world
    getattr(mail_server, where).append(answer)
    world.make_offer(needs_approval=False)
    send(world)
    send(world, later=timedelta(days=1))
    assert (mail_server.letters, deliveries_of(world)) == ([], [("failed", 1)])
    assert told(world, events.MESSAGE_FAILED) == [
        {
            "message_id": world.to(world.lecturer).id,
            "person_id": world.lecturer,
            "kind": "offer.made",
            "channel": "email",
            "reason": answer,
        }
    ]


def test_a_server_that_is_never_there_is_tried_eight_times(
    make_world: Callable[..., Any], mail_server: MailServer
) -> None:
    mail_server.__exit__(None, None, None)
    world = make_world(smtp=smtp_settings(mail_server))
    world.name(world.lecturer, "吴医生", "wu@cdc.example")
    world.make_offer(needs_approval=False)
    tries = 0
    while deliveries_of(world)[0][0] == "queued":
        tries += 1
        assert deliveries_of(world) == [("queued", tries - 1)]
        send(world, later=timedelta(hours=1))
    assert deliveries_of(world) == [("failed", TRIES)]
    [failed] = told(world, events.MESSAGE_FAILED)
    assert "ConnectionRefusedError" in failed["reason"]
    mail_server.__enter__()
    send(world, later=timedelta(days=1))
    assert mail_server.letters == []


def test_an_outage_costs_only_the_first_letter_a_try(
    make_world: Callable[..., Any], mail_server: MailServer
) -> None:
    mail_server.__exit__(None, None, None)
    world = make_world(smtp=smtp_settings(mail_server))
    for person in (world.clerk, world.lecturer, world.liaison):
        world.name(person, "某人", "somebody@school.example")
    world.schedule()
    send(world)
    assert sorted(attempts for _, attempts in deliveries_of(world)) == [0, 0, 1]
    mail_server.__enter__()
    send(world, later=timedelta(hours=1))
    assert len(mail_server.letters) == 3


def test_a_letter_taken_without_our_knowing_comes_again_with_the_same_id(
    mailing_world: Any, mail_server: MailServer
) -> None:
    """The server took it and the line broke, as when the process dies before it wrote that down."""
    world = mailing_world
    mail_server.data_answers.append("forget")
    world.make_offer(needs_approval=False)
    send(world)
    send(world, later=timedelta(minutes=1))
    first, second = mail_server.letters
    assert first.mail["Message-ID"] == second.mail["Message-ID"]
    assert deliveries_of(world) == [("sent", 2)]
    assert len(told(world, events.MESSAGE_SENT)) == 1


def test_a_letter_in_the_hands_of_a_process_that_died_goes_out_after_the_lease(
    mailing_world: Any, mail_server: MailServer
) -> None:
    world = mailing_world
    world.make_offer(needs_approval=False)
    with world.harness.transaction() as tx:
        claimed = deliveries.claim(tx)
    assert claimed is not None
    send(world)
    assert mail_server.letters == []
    send(world, later=deliveries.LEASE)
    assert len(mail_server.letters) == 1
    # The dead one's twin comes back to life and reports a failure: too late, nobody listens.
    with world.harness.transaction() as tx:
        deliveries.settle_failed(tx, claimed=claimed, reason="died", final=True)
    assert deliveries_of(world) == [("sent", 2)]
    assert told(world, events.MESSAGE_FAILED) == []


def test_replicas_send_each_letter_once(mailing_world: Any, mail_server: MailServer) -> None:
    world = mailing_world
    for _ in range(10):
        world.name(learner := world.learner(), "学员", "learner@school.example")
        world.seat(learner)
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(world.harness.tick, "send_mail") for _ in range(3)]:
            done.result()
    ids = [letter.mail["Message-ID"] for letter in mail_server.letters]
    assert len(ids) == len(set(ids)) == 10


def test_the_address_is_the_one_of_the_day_of_sending(mailing_world: Any, mail_server: MailServer) -> None:
    world = mailing_world
    world.make_offer(needs_approval=False)
    world.name(world.lecturer, "吴医生", "new@cdc.example")
    send(world)
    assert mail_server.letters[0].mail["To"] == "new@cdc.example"


def test_an_address_taken_away_before_the_sending_ends_it(
    mailing_world: Any, mail_server: MailServer
) -> None:
    world = mailing_world
    world.make_offer(needs_approval=False)
    world.name(world.lecturer, "吴医生", None)
    send(world)
    assert (mail_server.letters, deliveries_of(world)) == ([], [("failed", 1)])


@pytest.mark.parametrize(("password", "state"), [("right", "sent"), ("wrong", "queued")])
def test_signing_in_to_the_mail_server(make_world: Callable[..., Any], password: str, state: str) -> None:
    with MailServer(users={"lectern": "right"}) as server:
        world = make_world(smtp=smtp_settings(server, user="lectern", password=password))
        world.name(world.lecturer, "吴医生", "wu@cdc.example")
        world.make_offer(needs_approval=False)
        send(world)
        assert deliveries_of(world) == [(state, 1)]
        assert len(server.letters) == (1 if state == "sent" else 0)


def test_a_server_without_starttls_gets_nothing_in_the_clear(
    make_world: Callable[..., Any], mail_server: MailServer
) -> None:
    world = make_world(smtp=smtp_settings(mail_server, starttls=True, user="lectern", password="very secret"))
    world.name(world.lecturer, "吴医生", "wu@cdc.example")
    world.make_offer(needs_approval=False)
    send(world)
    assert deliveries_of(world) == [("queued", 1)]
    verbs = {words.split()[0].upper() for words in mail_server.heard}
    assert verbs <= {"EHLO", "QUIT"}


def test_a_title_cannot_smuggle_a_header(mailing_world: Any, mail_server: MailServer) -> None:
    world = mailing_world
    title = "课\r\nBcc: victim@example.com\r\n\r\nhello"
    world.hear_offer(
        OFFER_MADE,
        title=title,
        agreement_id=None,
        rank=1,
        venue_id=None,
        online=True,
        needs_approval=False,
        deadline=world.harness.clock.now() + timedelta(days=1),
    )
    send(world)
    [letter] = mail_server.letters
    assert letter.mail["Bcc"] is None
    assert letter.recipients == ["wu@cdc.example"]
    assert "Bcc: victim@example.com hello" in letter.mail["Subject"]


def test_a_name_that_is_no_address_is_given_up(mailing_world: Any, mail_server: MailServer) -> None:
    """The server cannot write such an address; a second try would change nothing."""
    world = mailing_world
    server = server_of(world.harness.service.settings)
    assert server is not None
    claimed = deliveries.Claimed(
        message_id="1",
        address="吴@例子.example",
        subject=Both(zh="题", en="t"),
        body=Both(zh="文", en="t"),
        link="",
        written_at=world.harness.clock.now(),
        attempt=1,
    )
    with mail.Connection(server) as connection, pytest.raises(mail.NotTaken) as refused:
        connection.send(mail.compose(claimed=claimed, server=server))
    assert refused.value.final is True
    assert mail_server.letters == []
