"""Signing in and out, acting for another organisation, passwords and the accounts of members."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contracts.errors import NotFound, Refusal
from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway.auth import accounts, current_actor, current_person, login_required, roles_required, sessions
from gateway.correlation import correlation_id
from gateway.directory import people
from gateway.parts import directory_tx, parts
from gateway.web.chrome import HOSTS
from gateway.web.paging import offset_of
from gateway.web.shown import demo_accounts
from gateway.web.typed import Typed

pages = Blueprint("account", __name__)
MEMBERS = 50


@pages.get("/login")
def login() -> Any:
    """The form; who is signed in already goes on."""
    if current_person() is not None:
        return redirect(sessions.safe_next(request.args.get("next")), 303)
    return render_template(
        "account/login.html", form=Typed({"next": request.args.get("next", "/")}), demo=demo_accounts()
    )


@pages.post("/login")
def sign_in() -> Any:
    """Check login and password; a no keeps the login that was typed."""
    form = Typed(request.form)
    login_name = form.text("login", most=100)
    if not form["password"]:
        form.wrong("password", _("请填写密码。"))
    status = 422
    if not form.is_wrong:
        try:
            sessions.sign_in(login=login_name, password=form["password"])
            return redirect(sessions.safe_next(form["next"]), 303)
        except Refusal as refusal:
            form.refuse(refusal.problem())
            status = refusal.status
    form.values.pop("password", None)
    return render_template("account/login.html", form=form, demo=demo_accounts()), status


@pages.post("/logout")
def logout() -> Response:
    sessions.sign_out()
    return redirect("/login", 303)


@pages.post("/switch")
@login_required
def switch() -> Response:
    """Act for another of one's organisations."""
    sessions.switch(organisation_id=request.form.get("organisation", ""))
    return redirect("/", 303)


@pages.get("/account")
@login_required
def account() -> str:
    return render_template("account/account.html", form=Typed())


@pages.post("/account/password")
@login_required
def change_password() -> Any:
    """A new password by who knows the old one; other devices are signed out."""
    person = current_person()
    assert person is not None
    form = Typed(request.form)
    if not form["old"]:
        form.wrong("old", _("请填写现在的密码。"))
    _twice(form)
    if not form.is_wrong:
        try:
            with parts().directory.transaction(actor=current_actor(), correlation=correlation_id()) as tx:
                accounts.change_password(tx, account_id=person.account_id, old=form["old"], new=form["new"])
        except Refusal as refusal:
            form.refuse(refusal.problem(), {"wrong_login": "old", "password_too_short": "new"})
    if form.is_wrong:
        form.values.clear()
        return render_template("account/account.html", form=form), 422
    sessions.refresh()
    flash(_("密码已修改，其他设备上的登录已退出。"), "done")
    return redirect("/account", 303)


@pages.get("/set-password/<token>")
def open_link(token: str) -> str:
    with directory_tx() as tx:
        target = accounts.read_link(tx, token=token, secret=parts().secret)
    return render_template("account/set_password.html", form=Typed(), target=target)


@pages.post("/set-password/<token>")
def use_link(token: str) -> Any:
    """Set the password and sign in with it."""
    form = Typed(request.form)
    _twice(form)
    with directory_tx() as tx:
        target = accounts.read_link(tx, token=token, secret=parts().secret)
    if not form.is_wrong:
        try:
            with parts().directory.transaction(correlation=correlation_id()) as tx:
                accounts.use_link(tx, token=token, password=form["new"], secret=parts().secret)
            sessions.sign_in(login=target.login, password=form["new"])
            flash(_("密码已设置。"), "done")
            return redirect("/", 303)
        except Refusal as refusal:
            form.refuse(refusal.problem(), {"password_too_short": "new"})
    form.values.clear()
    return render_template("account/set_password.html", form=form, target=target), 422


@pages.get("/members")
@roles_required(*HOSTS)
def members() -> str:
    """The people of one's organisation, for whom a link to set a password can be made."""
    return _members()


@pages.post("/members/<uuid:person_id>/link")
@roles_required(*HOSTS)
def make_link(person_id: UUID) -> Any:
    """A link for one member, shown once, to be handed over by whatever way they share."""
    actor = current_actor()
    with parts().directory.transaction(actor=actor, correlation=correlation_id()) as tx:
        member = people.by_ids(tx, [str(person_id)]).get(str(person_id))
        if member is None or not _in_reach(member):
            raise NotFound()
        try:
            token = accounts.make_link(tx, person_id=member.id, secret=parts().secret)
        except NotFound:
            flash(_("%(name)s还没有账号，请先在人员表里填写登录名。", name=member.name), "refused")
            return redirect("/members", 303)
    link = f"{parts().settings.public_url}/set-password/{token}"
    return _members(link=link, name=member.name)


def _members(**shown: Any) -> str:
    actor = current_actor()
    search, offset = request.args.get("q", "").strip()[:60], offset_of(request.args)
    with directory_tx() as tx:
        found, total = people.members(
            tx, organisation_id=actor.organisation_id or "", search=search, limit=MEMBERS, offset=offset
        )
    return render_template(
        "account/members.html",
        members=found,
        total=total,
        limit=MEMBERS,
        offset=offset,
        search=search,
        **shown,
    )


def _in_reach(member: Any) -> bool:
    actor = current_actor()
    if member.organisation_id == actor.organisation_id:
        return True
    return "operator" in actor.roles and member.district_id == actor.district_id


def _twice(form: Typed) -> None:
    if not form["new"]:
        form.wrong("new", _("请填写新密码。"))
    if form["new"] != form["again"]:
        form.wrong("again", _("两次填写的密码不一样。"))
