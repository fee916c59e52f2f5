"""The loop through the pages: order, offers, link, seats, door, evaluation, messages, figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from chassis.access import sign_link

ZONE = ZoneInfo("Asia/Shanghai")


def an_evening(world: Any) -> dict[str, str]:
    """The fields of a window that nobody else has asked for."""
    window = world.a_window()
    begin = datetime.fromisoformat(window["starts_at"]).astimezone(ZONE)
    end = datetime.fromisoformat(window["ends_at"]).astimezone(ZONE)
    return {"day_0": f"{begin:%Y-%m-%d}", "from_0": f"{begin:%H:%M}", "until_0": f"{end:%H:%M}"}


def place(visitor: Any, world: Any, **changes: Any) -> Any:
    """The page of an order placed with the form."""
    fields = {
        "topic_id": world.topic,
        "venue_id": world.venue,
        "head_count": "20",
        "action": "place",
        **an_evening(world),
        **changes,
    }
    page = visitor.submit("/orders/new", "/orders/new", **fields)
    assert page.response.request.path.startswith("/orders/"), page.text
    return page


def order_id_of(page: Any) -> str:
    return str(page.response.request.path.rsplit("/", 1)[1])


@pytest.fixture
def book(visit: Any, world: Any, eventually: Any) -> Callable[..., str]:
    """A session that the school's own lecturer has accepted on the page, known to everybody."""

    def booked(**changes: Any) -> str:
        staff = visit("s-staff")
        order = order_id_of(place(staff, world, **changes))
        staff.submit(f"/orders/{order}", f"/orders/{order}/dispatch", lecturer=world.person["s-lecturer"])
        offer = staff_offer(world, order)
        done = visit("s-lecturer").submit(offer, f"{offer}/accept")
        assert "已接受，课已排好" in done.text, done.text
        session = next(link for link in done.links if link.startswith("/sessions/")).rsplit("/", 1)[1]
        eventually(lambda: staff.get(f"/door/{session}").status == 200)
        return session

    return booked


def staff_offer(world: Any, order: str) -> str | None:
    """The path of the order's open offer, as scheduling has it."""
    found = world.api("s-staff").get(f"/orders/{order}").json
    waiting = [offer for offer in found["offers"] if offer["state"] in ("offered", "awaiting_approval")]
    return f"/offers/{waiting[0]['offer_id']}" if waiting else None


def test_an_order_shows_suggestions_with_reasons_and_asks_the_one_chosen(
    visit: Any, world: Any, sees: Any
) -> None:
    staff = visit("s-staff")
    page = place(staff, world)
    assert "可以邀请的讲师" in page.text
    assert "人 s-lecturer" in page.text
    assert "能讲这个课题" in page.text
    order = order_id_of(page)
    asked = staff.submit(f"/orders/{order}", f"/orders/{order}/dispatch", lecturer=world.person["p-lecturer"])
    assert "已发出邀请" in asked.text
    assert "等单位同意" in asked.text
    offer = staff_offer(world, order)
    liaison = visit("p-liaison")
    assert "本单位同意吗" in liaison.get(offer).text
    approved = liaison.submit(offer, f"{offer}/approve")
    assert "等讲师答复" in approved.text
    declined = visit("p-lecturer").submit(offer, f"{offer}/decline", reason="出差")
    assert "已谢绝" in declined.text
    sees(staff, f"/orders/{order}", "出差")
    assert "讲师谢绝" in staff.get(f"/orders/{order}").text


def test_the_link_in_the_message_answers_without_a_login(visit: Any, world: Any) -> None:
    staff = visit("s-staff")
    order = order_id_of(place(staff, world))
    staff.submit(f"/orders/{order}", f"/orders/{order}/dispatch", lecturer=world.person["s-lecturer"])
    offer = staff_offer(world, order).rsplit("/", 1)[1]  # type: ignore[union-attr]
    secret = world.embedded.settings.secret
    token = sign_link("offer", offer, world.person["s-lecturer"], secret=secret)
    lecturer = visit()
    opened = lecturer.get(f"/o/{token}")
    assert (opened.status, "您能来讲吗" in opened.text) == (200, True)
    assert "等讲师答复" in lecturer.get(f"/o/{token}").text  # opening changes nothing
    yes = lecturer.submit(f"/o/{token}", f"/o/{token}", answer="accept")
    assert "已接受，课已排好" in yes.text
    late = lecturer.client.post(f"/o/{token}", data={"answer": "decline", "idempotency": "another"})
    assert (late.status_code, "您已经接受" in late.get_data(as_text=True)) == (409, True)
    other = sign_link("offer", offer, world.person["p-lecturer"], secret=secret)
    assert lecturer.get(f"/o/{other}").status == 404
    assert lecturer.get(f"/o/{token}x").status in (404, 410)
    assert lecturer.get(f"/o/{sign_link('other', offer, offer, secret=secret)}").status in (404, 410)


def test_a_form_sent_twice_is_one_order(visit: Any, world: Any) -> None:
    staff = visit("s-staff")
    form = staff.get("/orders/new").form("/orders/new")
    fields = {"topic_id": world.topic, "venue_id": world.venue, "head_count": "21", **an_evening(world)}
    first = staff.send(form, "/orders/new", action="place", **fields)
    second = staff.send(form, "/orders/new", action="place", **fields)
    assert order_id_of(first) == order_id_of(second)


def test_seats_waiting_list_door_evaluation(
    visit: Any, world: Any, book: Any, sees: Any, eventually: Any
) -> None:
    session = book(head_count="1")
    path = f"/sessions/{session}"
    first, second = visit("s-learner1"), visit("s-learner2")
    assert "报名成功" in first.submit(path, f"{path}/enrol").text
    waiting = second.submit(path, f"{path}/enrol")
    assert "候补第 1 位" in waiting.text
    assert "自动递补" in waiting.text
    cancel = next(form for form in first.get(path).forms if form.action.endswith("/cancel"))
    assert "已退出" in first.send(cancel, path).text
    assert "已报名" in second.get(path).text
    assert "候补" in first.submit(path, f"{path}/enrol").text

    staff = visit("s-staff")
    door = staff.get(f"/door/{session}")
    assert "<svg" in door.text
    code = re.search(r'id="digits">(\d{3}) (\d{3})<', door.text)
    assert code
    digits = code.group(1) + code.group(2)
    check = f"/c/{session}"
    early = second.submit(check, check, code=digits)
    assert "还没到签到时间" in early.text
    assert early.form(check).values["code"] == digits

    starts_at = world.api("s-staff").get(f"/sessions/{session}").json["starts_at"]
    world.clock.advance(datetime.fromisoformat(starts_at) - world.clock.now() - timedelta(minutes=5))
    assert second.get(f"{check}?code={digits}").form(check).values["code"] == digits
    assert "六位数字" in second.submit(check, check, code="12").text
    wrong = second.submit(check, check, code="000000" if digits != "000000" else "111111")
    assert "签到码不对" in wrong.text
    assert "签到成功" in second.submit(check, check, code=f"{digits[:3]} {digits[3:]}").text
    refused = first.submit(check, check, code=digits)
    assert "候补名单" in refused.text

    world.clock.advance(timedelta(minutes=100))
    held = staff.submit(path, f"{path}/hold")
    assert "已记为举行" in held.text
    evaluate = f"/evaluate/{session}"
    eventually(lambda: second.get(evaluate).status == 200)
    incomplete = second.submit(evaluate, "", ideology="5", comment="很受启发")
    assert (incomplete.status, incomplete.text.count('class="wrong"')) == (422, 3)
    assert incomplete.form("").values["comment"] == "很受启发"
    assert incomplete.form("").values["ideology"] == "5"
    marks = dict.fromkeys(("ideology", "practice", "profession", "overall"), "5")
    assert "已收到，谢谢" in second.submit(evaluate, "", **marks).text
    assert "您已经评价过" in second.get(evaluate).text
    assert first.get(evaluate).status == 404
    result = staff.get(f"/results/{session}")
    assert "以免看出是谁写的" in result.text
    sees(second, "/my", "1 小时 30 分钟")
    row = re.search(r"听课人次\">(\d+)<", staff.get("/counts").text)
    assert row


def test_staff_enrol_and_tick_their_learners(
    visit: Any, world: Any, book: Any, sees: Any, eventually: Any
) -> None:
    session = book()
    staff = visit("s-staff")
    members = f"/sessions/{session}/members"
    page = staff.get(members)
    form = next(form for form in page.forms if form.values.get("person_id") == world.person["s-learner3"])
    assert "报名成功" in staff.send(form, members).text
    sees(staff, members, "已报名")
    door = staff.get(f"/door/{session}")
    tick = next(form for form in door.forms if form.values.get("person_id") == world.person["s-learner3"])
    assert "还没到签到时间" in staff.send(tick, f"/door/{session}").text
    fresh = next(form for form in staff.get(members).forms if form.values.get("person_id"))
    fresh.action = f"/sessions/{session}/enrol"
    assert staff.send(fresh, members, person_id=world.person["x-learner"]).status == 404


def test_the_host_reschedules_shares_out_and_cancels(
    visit: Any, world: Any, book: Any, sees: Any, eventually: Any
) -> None:
    session = book()
    staff, path = visit("s-staff"), f"/sessions/{session}"
    learner = visit("s-learner1")
    learner.submit(path, f"{path}/enrol")
    wrong = staff.submit(f"{path}/change", f"{path}/change", from_="21:00", until="20:00")
    assert (wrong.status, "结束时间要晚于开始时间" in wrong.text) == (422, True)
    assert wrong.form(f"{path}/change").values["from"] == "21:00"
    past = staff.submit(f"{path}/change", f"{path}/change", day="2020-01-01")
    assert "时间已经过去了" in past.text
    done = staff.submit(f"{path}/change", f"{path}/change", from_="19:05", until="20:35")
    assert "已改期" in done.text
    moved = sees(learner, path, "原来：")
    assert "19:05" in moved.text

    too_many = staff.submit(f"{path}/shares", "", share_0=world.org["B"], seats_0="999")
    assert (too_many.status, too_many.form("").values["seats_0"]) == (422, "999")
    shared = staff.submit(f"{path}/shares", "", share_0=world.org["B"], seats_0="3")
    assert "名额已重新分配" in shared.text
    assert staff.get(f"{path}/shares").form("").values["seats_0"] == "3"

    nothing = staff.submit(f"{path}/change", f"{path}/cancel", reason=" ")
    assert "请写明取消的原因" in nothing.text
    cancelled = staff.submit(f"{path}/change", f"{path}/cancel", reason="讲师生病")
    assert "课已取消" in cancelled.text
    sees(learner, path, "讲师生病")
    inbox = sees(learner, "/inbox", "讲师生病")
    assert 'class="badge-count"' in inbox.text
    opened = next(form for form in inbox.forms if form.action.endswith("/open"))
    assert learner.send(opened, "/inbox").response.request.path.startswith("/sessions/")
    assert "全部标为已读" in learner.submit("/inbox", "/inbox/read").text
    eventually(lambda: 'class="badge-count"' not in learner.get("/my").text)


def test_a_missing_topic_is_noted_as_unmet_demand(visit: Any, world: Any, sees: Any) -> None:
    staff = visit("s-staff")
    page = place(staff, world, topic_id="missing", missing_topic="太空旅行入门", form="talk")
    assert "未满足" in page.text
    sees(staff, "/unmet", "太空旅行入门")
    assert "太空旅行入门" in staff.get("/orders?tab=unmet").text
    order = order_id_of(page)
    assert "请写明撤销的原因" in staff.submit(f"/orders/{order}", f"/orders/{order}/cancel").text
    gone = staff.submit(f"/orders/{order}", f"/orders/{order}/cancel", reason="不需要了")
    assert "点单已撤销" in gone.text


def test_the_calendar_and_the_lecturers_week_show_the_session(
    visit: Any, world: Any, book: Any, sees: Any, eventually: Any
) -> None:
    session = book()
    day = world.api("s-staff").get(f"/sessions/{session}").json["starts_at"][:10]
    link = f'href="/sessions/{session}"'
    assert link in visit("p-learner").get(f"/calendar?week={day}").text
    assert link not in visit("x-learner").get(f"/calendar?week={day}").text
    assert link not in visit("s-staff").get(f"/calendar?week={day}&category=sports").text
    assert (
        link in visit("s-lecturer").get(f"/week?week={day}").text
        or link in visit("s-lecturer").get(f"/lecturers/{world.person['s-lecturer']}/week?week={day}").text
    )
