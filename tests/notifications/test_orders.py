"""Exactly those concerned with an order or an offer are told, once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from chassis.access import verify_link
from chassis.ids import new_id
from chassis.testing import SECRET
from contracts.scheduling import events as scheduling


def test_a_placed_order_is_told_to_the_placers_colleagues(world: Any) -> None:
    world.place_order(by=world.clerk)
    assert world.told("order.placed") == [world.principal]
    message = world.to(world.principal)
    assert message.subject_zh == "新的点单：“《长津湖》学习分享”"
    assert "小陈为罗店社区党校点了" in message.body_zh
    assert "- 11月25日（周三）19:00–20:30" in message.body_zh
    assert "小陈 ordered" in message.body_en
    assert "- Wed 25 November, 19:00–20:30" in message.body_en
    assert message.link == f"/orders/{world.order}"


def test_an_order_placed_by_a_key_is_told_to_all_staff(world: Any) -> None:
    world.place_order()
    assert world.told("order.placed") == sorted([world.principal, world.clerk])


@pytest.mark.parametrize(
    ("reason", "zh"),
    [
        ("topic_missing", "课程菜单里没有这个题目"),
        ("no_candidate", "没有能在这些时间讲这个题目的讲师"),
        ("all_refused", "能请的讲师都没有接受"),
        ("window_passed", "可选的时间已经过去"),
    ],
)
def test_an_unmet_order_is_told_to_the_school_with_the_reason(
    sqlite_world: Any, reason: str, zh: str
) -> None:
    world = sqlite_world
    world.place_order(by=world.clerk)
    world.hear(
        scheduling.ORDER_UNMET,
        world.order,
        order_id=world.order,
        organisation_id=world.school,
        topic_id=None,
        title="《长津湖》学习分享",
        reason=reason,
        asked=2,
    )
    assert world.told("order.unmet") == sorted([world.principal, world.clerk])
    message = world.to(world.clerk)
    assert zh in message.body_zh
    assert "一共问过2位讲师。" in message.body_zh
    assert message.link == f"/orders/{world.order}"


def test_a_liaison_who_placed_the_order_hears_of_it_like_staff(world: Any) -> None:
    world.place_order(by=world.school_liaison)
    assert world.told("order.placed") == sorted([world.principal, world.clerk])
    world.make_offer(needs_approval=False)
    world.hear_offer(scheduling.OFFER_DECLINED, reason="出差")
    assert world.told("offer.declined") == sorted([world.principal, world.clerk, world.school_liaison])


def test_an_offer_goes_to_the_lecturer_with_a_link_that_needs_no_login(world: Any) -> None:
    world.place_order(by=world.clerk)
    world.make_offer(needs_approval=False)
    assert world.told("offer.made") == [world.lecturer]
    message = world.to(world.lecturer)
    path, _, token = message.link.rpartition("/")
    assert path == "/o"
    assert verify_link("offer", token, secret=SECRET) == (world.offer, world.lecturer)
    assert message.subject_zh == "邀请您讲课：“《长津湖》学习分享”"
    for part in (
        "罗店社区党校",
        "11月25日（周三）19:00–20:30",
        "党群服务中心（市一路1号）",
        "11月21日（周六）09:00",
    ):
        assert part in message.body_zh
    for part in ("Luodian School", "Wed 25 November, 19:00–20:30", "Sat 21 November, 09:00"):
        assert part in message.body_en


def test_where_the_lender_decides_its_liaisons_are_asked_first(world: Any) -> None:
    world.place_order(by=world.clerk)
    world.make_offer(needs_approval=True, online=True)
    assert world.told("offer.made") == sorted([world.liaison, world.second_liaison])
    message = world.to(world.liaison)
    assert message.link == f"/offers/{world.offer}"
    assert message.subject_zh == "请审批：罗店社区党校想请吴医生讲“《长津湖》学习分享”"
    assert "地点：线上" in message.body_zh

    world.hear_offer(scheduling.OFFER_APPROVED, deadline=datetime(2026, 11, 22, 1, tzinfo=UTC))
    assert world.told("offer.approved") == [world.lecturer]
    asked = world.to(world.lecturer)
    assert asked.link.startswith("/o/")
    assert "您的单位宝山区疾控中心已经同意" in asked.body_zh
    assert "地点：线上" in asked.body_zh
    assert "11月22日（周日）09:00" in asked.body_zh


@pytest.mark.parametrize(
    ("event_type", "kind", "subject"),
    [
        (scheduling.OFFER_REFUSED, "offer.refused", "宝山区疾控中心没有同意：“《长津湖》学习分享”"),
        (scheduling.OFFER_DECLINED, "offer.declined", "吴医生谢绝了：“《长津湖》学习分享”"),
    ],
)
def test_a_no_is_told_to_the_school(world: Any, event_type: Any, kind: str, subject: str) -> None:
    world.place_order(by=world.clerk)
    world.make_offer(needs_approval=kind == "offer.refused")
    world.hear_offer(event_type, reason="那天有会")
    assert world.told(kind) == sorted([world.principal, world.clerk])
    message = world.to(world.clerk, kind)
    assert message.subject_zh == subject
    assert "原因：那天有会" in message.body_zh
    assert message.link == f"/orders/{world.order}"


@pytest.mark.parametrize("late", ["lecturer", "liaison"])
def test_a_lapse_is_told_to_the_school_and_to_who_was_late(world: Any, late: str) -> None:
    world.place_order(by=world.clerk)
    world.make_offer(needs_approval=late == "liaison")
    world.hear_offer(scheduling.OFFER_LAPSED, waiting_for=late)
    waited_for = [world.lecturer] if late == "lecturer" else [world.liaison, world.second_liaison]
    assert world.told("offer.lapsed") == sorted([world.principal, world.clerk, *waited_for])
    who = "吴医生" if late == "lecturer" else "宝山区疾控中心的联络员"
    assert f"{who}没有在期限内答复" in world.to(world.clerk, "offer.lapsed").body_zh
    theirs = world.to(waited_for[0], "offer.lapsed")
    assert "已经失效" in theirs.body_zh
    assert theirs.link == f"/offers/{world.offer}"


@pytest.mark.parametrize(("needs_approval", "approved"), [(False, False), (True, True), (True, False)])
def test_a_withdrawn_offer_is_told_to_whoever_was_considering_it(
    world: Any, needs_approval: bool, approved: bool
) -> None:
    world.place_order(by=world.clerk)
    world.make_offer(needs_approval=needs_approval)
    if approved:
        world.hear_offer(scheduling.OFFER_APPROVED, deadline=datetime(2026, 11, 22, 1, tzinfo=UTC))
    world.hear_offer(scheduling.OFFER_WITHDRAWN, reason="order_cancelled")
    considering = (
        [world.liaison, world.second_liaison] if needs_approval and not approved else [world.lecturer]
    )
    assert world.told("offer.withdrawn") == sorted(considering)
    assert "对方取消了点单" in world.to(considering[0], "offer.withdrawn").body_zh


def cancel_order(world: Any, *, by: str) -> None:
    world.hear(
        scheduling.ORDER_CANCELLED,
        world.order,
        actor=by,
        order_id=world.order,
        organisation_id=world.school,
        title="《长津湖》学习分享",
        reason="改期再办",
    )


def test_a_cancelled_order_is_told_to_the_colleagues_of_who_cancelled(world: Any) -> None:
    world.place_order(by=world.clerk)
    cancel_order(world, by=world.principal)
    assert world.told("order.cancelled") == [world.clerk]
    assert "原因：改期再办" in world.to(world.clerk).body_zh


def test_a_cancelled_order_with_a_session_leaves_the_telling_to_the_session(world: Any) -> None:
    world.place_order(by=world.clerk)
    world.hear(
        scheduling.ORDER_SCHEDULED,
        world.order,
        order_id=world.order,
        organisation_id=world.school,
        session_id=world.session,
        lecturer_id=world.lecturer,
    )
    cancel_order(world, by=world.principal)
    assert world.told("order.cancelled") == []


def test_an_accepted_offer_is_told_by_its_session(world: Any) -> None:
    world.make_offer(needs_approval=False)
    world.forget()
    world.hear_offer(scheduling.OFFER_ACCEPTED, session_id=world.session)
    assert [message.kind for message in world.messages()] == ["before:offer.made"]


def test_unknown_names_are_said_by_what_they_are(world: Any) -> None:
    world.list_person(world.clerk, [(world.school, "school_staff")])
    other = new_id()
    world.hear_offer(scheduling.OFFER_DECLINED, lecturer_id=other, lender_id=new_id(), reason="")
    message = world.to(world.clerk)
    assert message.subject_zh == "讲师谢绝了：“《长津湖》学习分享”"
    assert "（未登记的单位）" in message.body_zh
    assert message.subject_en == "the lecturer declined: 《长津湖》学习分享"
    assert "原因" not in message.body_zh
