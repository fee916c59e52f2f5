"""The loop clicked through: staff at a desk, everybody else on a phone; then every page on both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from chassis.access import SYSTEM, sign_link
from gateway.views import queries
from playwright.sync_api import expect

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
ZONE = ZoneInfo("Asia/Shanghai")
TOPIC = "《如何成为一名合格党员》"


def place_order(staff: Any) -> str:
    """An order from the menu; the form is sent empty first, and keeps what was typed."""
    staff.open("/menu")
    staff.picture("desk-menu")
    staff.page.click(f'a.row-link:has-text("{TOPIC}")')
    staff.look_over()
    staff.page.click("text=点这门课")
    staff.page.fill("#note", "请结合身边的例子。")
    staff.page.click("button[value=place]")
    expect(staff.page.locator("#problem")).to_contain_text("还没有提交")
    expect(staff.page.locator("#note")).to_have_value("请结合身边的例子。")
    staff.look_over()
    staff.picture("desk-order-form")
    day = (staff.site.now().astimezone(ZONE) + timedelta(days=9)).date().isoformat()
    staff.page.fill("#day_0", day)
    staff.page.fill("#from_0", "14:00")
    staff.page.fill("#until_0", "17:00")
    staff.page.select_option("#venue_id", index=1)
    staff.page.click("button[value=place]")
    expect(staff.page.locator("#suggestions")).to_be_visible()
    staff.look_over()
    staff.picture("desk-suggestions")
    return str(staff.page.url).rsplit("/", 1)[1]


def open_offer(staff: Any, order: str) -> dict[str, Any]:
    """The order's open offer, from the views."""
    staff.sees(f"/orders/{order}", "等讲师答复")
    site = staff.site
    with site.embedded.stores["views"].reading() as tx:
        found = queries.order(tx, actor=SYSTEM, order_id=order)
    return dict(found["offers"][-1])


def test_the_loop(reader: Callable[..., Any], site: Any) -> None:
    staff = reader("ld-staff", DESK)
    staff.look_over()
    staff.picture("desk-home")
    order = place_order(staff)
    staff.page.click('button:has-text("只邀请葛大伟")')
    offer = open_offer(staff, order)
    staff.picture("desk-order")

    lecturer = reader(None, PHONE)
    token = sign_link("offer", offer["offer_id"], offer["lecturer_id"], secret=site.embedded.settings.secret)
    lecturer.open(f"/o/{token}")
    lecturer.picture("phone-offer")
    lecturer.page.click("text=接受，我来讲")
    expect(lecturer.page.locator(".note.done")).to_contain_text("课已排好")
    lecturer.look_over()

    staff.sees(f"/orders/{order}", "已排课")
    session = staff.link("/sessions/")
    learner = reader("ld-learner", PHONE)
    learner.look_over()
    learner.picture("phone-home")
    with site.embedded.stores["views"].reading() as tx:
        row = queries.session(tx, actor=SYSTEM, session_id=session.rsplit("/", 1)[1])
    assert row is not None
    learner.open(f"/calendar?week={row['starts_at'].astimezone(ZONE).date()}")
    learner.picture("phone-calendar")
    learner.page.click(f'a.slot:has-text("{TOPIC}")')
    expect(learner.page.locator("button:has-text('报名')")).to_be_visible()
    learner.page.click("button:has-text('报名')")
    expect(learner.page.locator(".note.done")).to_contain_text("报名成功")
    learner.look_over()
    learner.picture("phone-session")

    go_to_the_door(staff, learner, session, row)
    evaluate(staff, learner, session, row)


def go_to_the_door(staff: Any, learner: Any, session: str, row: dict[str, Any]) -> None:
    """Scan the code at the door; the roster on the other screen follows by itself."""
    staff.site.move_to(row["starts_at"] - timedelta(minutes=20))
    door = session.replace("/sessions/", "/door/")
    staff.open(door)
    staff.picture("desk-door")
    digits = staff.page.inner_text("#digits").replace(" ", "")
    expect(staff.page.locator(".tally")).to_contain_text("已到 0")
    learner.open(session.replace("/sessions/", "/c/") + f"?code={digits}")
    learner.picture("phone-check-in")
    learner.page.click("form.card button:has-text('签到')")
    expect(learner.page.locator(".note.done")).to_contain_text("签到成功")
    learner.look_over()
    expect(staff.page.locator(".tally")).to_contain_text("已到 1", timeout=20_000)
    staff.look_over()
    phone = staff.context.new_page()
    phone.set_viewport_size(PHONE)
    phone.goto(staff.site.url + door)
    small = type(staff)(phone, staff.site, staff.context)
    small.look_over()
    small.picture("phone-door")
    phone.close()


def evaluate(staff: Any, learner: Any, session: str, row: dict[str, Any]) -> None:
    """After the session: the form opens, once."""
    staff.site.move_to(row["ends_at"] + timedelta(minutes=1))
    staff.open(session)
    staff.page.click("text=记为已举行")
    expect(staff.page.locator(".note.done")).to_contain_text("已记为举行")
    learner.sees("/my", "评价")
    learner.picture("phone-my-courses")
    learner.page.click("main a:has-text('评价')")
    for question in ("ideology", "practice", "profession", "overall"):
        learner.page.check(f'input[name="{question}"][value="5"]', force=True)
    learner.page.fill("#comment", "例子很贴近我们支部。")
    learner.look_over()
    learner.picture("phone-evaluate")
    learner.page.click("text=提交评价")
    expect(learner.page.locator(".note.done")).to_contain_text("已收到")
    learner.look_over()
    learner.open("/inbox")
    learner.picture("phone-inbox")


def test_learners_need_no_javascript(reader: Callable[..., Any]) -> None:
    # axe needs the timers that are off here, so these pages are looked over elsewhere.
    learner = reader("qs-learner", PHONE, java_script_enabled=False)
    learner.page.goto(learner.site.url + "/calendar")
    for _ in range(4):
        links = learner.page.locator("a.slot.scheduled")
        if links.count():
            break
        learner.page.click('a[aria-label="下一周"]')
    links.first.click()
    if learner.page.locator("form[action$='/cancel'] button").count():
        learner.page.click("form[action$='/cancel'] button")
        expect(learner.page.locator(".note.done")).to_contain_text("已退出")
    learner.page.click("form[action$='/enrol'] button")
    expect(learner.page.locator(".note.done")).to_be_visible()
    learner.page.click("details.menu > summary")
    learner.page.click(".menu-list button:has-text('退出登录')")
    expect(learner.page.locator("#sign-in")).to_be_visible()


PAGES: dict[str, list[tuple[str, str | None]]] = {
    "ld-staff": [
        ("/calendar", "calendar"),
        ("/counts", "counts"),
        ("/orders", "orders"),
        ("/orders?tab=all", None),
        ("/orders/new", None),
        ("/unmet", None),
        ("/lecturers", None),
        ("/results", None),
        ("/members", None),
        ("/keys", None),
        ("/account", None),
        ("/inbox", None),
        ("/offers", None),
    ],
    "ld-lecturer": [("/", None), ("/offers", None), ("/week", "week"), ("/results", None)],
    "ld-liaison": [("/", None), ("/offers", None), ("/lecturers", None)],
    "ld-operator": [("/", None), ("/orders", None), ("/keys", None)],
    "ld-council": [("/", None), ("/orders", None), ("/counts", None)],
    "qs-learner": [("/", None), ("/my", None), ("/menu", None), ("/calendar", None)],
}


@pytest.mark.parametrize("login", PAGES)
@pytest.mark.parametrize(("device", "size"), [("phone", PHONE), ("desk", DESK)])
def test_every_page_fits(reader: Callable[..., Any], login: str, device: str, size: dict[str, int]) -> None:
    visitor = reader(login, size)
    for path, name in PAGES[login]:
        visitor.open(path)
        if name and device == "desk":
            visitor.picture(f"desk-{name}")


def test_pages_in_english_fit_too(reader: Callable[..., Any]) -> None:
    visitor = reader("ld-staff", PHONE)
    visitor.page.click("button[name=language]")
    for path in (
        "/",
        "/calendar",
        "/orders",
        "/orders/new",
        "/lecturers",
        "/counts",
        "/keys",
        "/inbox",
        "/menu",
    ):
        visitor.open(path)
        assert visitor.page.get_attribute("html", "lang") == "en"


def test_what_is_not_there_and_who_is_not_signed_in(reader: Callable[..., Any]) -> None:
    visitor = reader(None, PHONE)
    visitor.open("/login")
    visitor.picture("phone-login")
    visitor.open("/nowhere", status=404)
    visitor.page.goto(visitor.site.url + "/orders")
    assert visitor.page.url.endswith("/login?next=/orders")


def test_the_login_page_on_a_desk(reader: Callable[..., Any]) -> None:
    visitor = reader(None, DESK)
    visitor.open("/login")
    visitor.picture("desk-login")
