"""Signing in and out, language, passwords, members and keys."""

from __future__ import annotations

from typing import Any

import pytest


def test_who_is_not_signed_in_is_asked_to_and_comes_back(visit: Any) -> None:
    visitor = visit()
    page = visitor.get("/orders?tab=unmet")
    assert (page.status, page.response.location) == (303, "/login?next=/orders%3Ftab%3Dunmet")
    login = visitor.get(page.response.location)
    assert login.form("/login").values["next"] == "/orders?tab=unmet"
    after = visitor.send(login.form("/login"), "/login", login="s-staff", password="correct horse battery")
    assert after.response.request.path == "/orders"


def test_a_wrong_password_keeps_the_login_and_says_so(visit: Any) -> None:
    page = visit().submit("/login", "/login", login="s-staff", password="wrong")
    assert page.status == 401
    assert page.form("/login").values["login"] == "s-staff"
    assert "password" in page.form("/login").values
    assert page.form("/login").values["password"] == ""
    assert "登录名或密码不对" in page.text


def test_empty_fields_are_named_beside_them(visit: Any) -> None:
    page = visit().submit("/login", "/login")
    assert page.status == 422
    assert page.text.count('class="wrong"') == 2


@pytest.mark.parametrize(
    "target", ["https://example.org/", "//example.org", "/\\example.org", "javascript:1"]
)
def test_signing_in_leads_nowhere_else(visit: Any, target: str) -> None:
    page = visit().submit("/login", "/login", login="s-staff", password="correct horse battery", next=target)
    assert page.response.request.path == "/"


def test_signing_out(visit: Any) -> None:
    visitor = visit("s-staff", fresh=True)
    page = visitor.submit("/", "/logout")
    assert page.response.request.path == "/login"
    assert visitor.get("/orders").status == 303


def test_demonstration_accounts_are_listed_only_where_they_are_set(visit: Any, world: Any) -> None:
    assert "示例账号" not in visit().get("/login").text
    account = {
        "role": "school_staff",
        "name": "黄淑芬",
        "login": "s-staff",
        "password": "correct horse battery",
        "organisation": "红街夜校",
    }
    world.app.config["DEMO_ACCOUNTS"] = [account]
    try:
        page = visit().get("/login")
        assert "黄淑芬" in page.text
        demo = page.forms[-1]
        assert demo.values["login"] == "s-staff"
        visitor = visit()
        assert visitor.send(visitor.get("/login").forms[-1], "/login").response.request.path == "/"
    finally:
        del world.app.config["DEMO_ACCOUNTS"]


def test_pages_are_chinese_unless_english_is_asked_for(visit: Any) -> None:
    assert '<html lang="zh-CN">' in visit().get("/login").text
    assert '<html lang="zh-CN">' in visit(language="").get("/login").text
    assert '<html lang="zh-CN">' in visit(language="en,zh;q=0.5").get("/login").text
    english = visit(language="en-GB,en;q=0.9").get("/login")
    assert '<html lang="en">' in english.text
    assert "Sign in" in english.text


def test_the_language_chosen_is_kept(visit: Any) -> None:
    visitor = visit("s-staff")
    page = visitor.submit("/orders", "/language", language="en")
    assert page.response.request.path == "/orders"
    assert '<html lang="en">' in page.text
    assert '<html lang="en">' in visitor.get("/calendar").text
    assert '<html lang="zh-CN">' in visitor.submit("/", "/language", language="zh").text
    assert visitor.submit("/", "/language", language="xx", next="//example.org").response.request.path == "/"


def test_acting_for_another_organisation(visit: Any, world: Any) -> None:
    visitor = visit("s-many", fresh=True)
    assert "红街夜校" in visitor.get("/").text
    page = visitor.submit("/", "/switch", organisation=world.org["P"])
    assert "共建单位" in page.text
    assert visitor.get("/members").status == 403
    assert visitor.submit("/", "/switch", organisation=world.org["X"]).status == 404


def test_a_password_is_changed_by_who_knows_the_old_one(visit: Any) -> None:
    visitor, elsewhere = visit("s-council", fresh=True), visit("s-council", fresh=True)
    wrong = visitor.submit(
        "/account", "/account/password", old="nope", new="a new sentence", again="a new one"
    )
    assert wrong.status == 422
    assert "两次填写的密码不一样" in wrong.text
    wrong = visitor.submit("/account", "/account/password", old="nope", new="new words", again="new words")
    assert "登录名或密码不对" in wrong.text
    short = visitor.submit(
        "/account", "/account/password", old="correct horse battery", new="short", again="short"
    )
    assert short.status == 422
    page = visitor.submit(
        "/account",
        "/account/password",
        old="correct horse battery",
        new="correct horse battery 2",
        again="correct horse battery 2",
    )
    assert "密码已修改" in page.text
    assert elsewhere.get("/account").status == 303
    back = visitor.submit(
        "/account",
        "/account/password",
        old="correct horse battery 2",
        new="correct horse battery",
        again="correct horse battery",
    )
    assert "密码已修改" in back.text


def test_a_member_sets_a_password_by_a_link_once(visit: Any, world: Any) -> None:
    staff = visit("s-staff")
    page = staff.submit("/members?q=learner3", f"/members/{world.person['s-learner3']}/link")
    link = page.text.split("/set-password/")[1].split("<")[0]
    member = visit()
    assert "s-learner3" in member.get(f"/set-password/{link}").text
    wrong = member.submit(f"/set-password/{link}", "", new="one", again="two")
    assert wrong.status == 422
    done = member.submit(
        f"/set-password/{link}", "", new="correct horse battery", again="correct horse battery"
    )
    assert "密码已设置" in done.text
    assert visit().get(f"/set-password/{link}").status == 410


def test_links_are_made_only_for_ones_own_members(visit: Any, world: Any) -> None:
    staff = visit("s-staff")
    form = staff.get("/members").form(f"/members/{world.person['s-learner1']}/link")
    for stranger in ("x-learner", "p-learner"):
        form.action = f"/members/{world.person[stranger]}/link"
        assert staff.send(form, "/members").status == 404


def test_a_key_is_shown_once_and_can_be_revoked(visit: Any, world: Any) -> None:
    staff = visit("s-staff")
    wrong = staff.submit("/keys", "/keys", name="")
    assert (wrong.status, wrong.text.count('class="wrong"')) == (422, 2)
    made = staff.submit("/keys", "/keys", name="教务系统", roles=["school_staff"], days="30")
    key = made.text.split("lectern_live_")[1].split("<")[0]
    listed = world.api(token=f"lectern_live_{key}").get("/orders")
    assert listed.status_code == 200
    page = staff.get("/keys")
    assert f"lectern_live_{key}" not in page.text
    revoke = next(form for form in page.forms if form.action.endswith("/revoke"))
    assert "密钥已停用" in staff.send(revoke, "/keys").text
    assert world.api(token=f"lectern_live_{key}").get("/orders").status_code == 401


def test_a_form_without_its_token_does_nothing(visit: Any) -> None:
    visitor = visit("s-staff")
    answer = visitor.client.post("/logout")
    assert answer.status_code == 400
    assert "这次没有做任何改动" in answer.get_data(as_text=True)
    assert visitor.get("/orders").status == 200
