"""What reaches people: the public address of the pages and the channels of messages."""

from __future__ import annotations

import os
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from chassis.config import Settings

from lectern import home
from lectern.doctor.findings import Finding, fine, problem, remark

ADDRESS = "public address"
CHANNELS = "channels"


def look_at_public_address(settings: Settings) -> Iterator[Finding]:
    """The address that messages carry as links: well formed, reachable, fit for phones."""
    url = settings.public_url
    if "LECTERN_PUBLIC_URL" not in os.environ:
        url = home.address_of_running(settings.home) or url
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield problem(
            ADDRESS,
            zh=f"LECTERN_PUBLIC_URL={url} 不是网址。",
            en=f"LECTERN_PUBLIC_URL={url} is not the address of a site.",
            next_zh="请填写如 https://lectern.example.org 的完整网址。",
            next_en="Write the whole address, such as https://lectern.example.org.",
        )
        return
    if _is_local(parts.hostname):
        yield remark(
            ADDRESS,
            zh=f"公开网址为 {url}：通知中的链接只能在本机打开。",
            en=f"The public address is {url}: links in messages open on this machine only.",
            next_zh="供他人使用时，请把 LECTERN_PUBLIC_URL 设为大家能访问的网址。",
            next_en="For others to use it, set LECTERN_PUBLIC_URL to an address that they can open.",
        )
    elif parts.scheme == "http":
        yield remark(
            ADDRESS,
            zh=f"公开网址 {url} 未加密，密码会以明文传输。",
            en=f"The public address {url} is not encrypted; passwords travel in the clear.",
            next_zh="请在前面放置带证书的反向代理，并改用 https。",
            next_en="Put a reverse proxy with a certificate in front and use https.",
        )
    yield _ask(url)


def _ask(url: str) -> Finding:
    try:
        with urllib.request.urlopen(url.rstrip("/") + "/healthz", timeout=5) as answer:
            answer.read(100)
    except (urllib.error.URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return remark(
            ADDRESS,
            zh=f"{url} 没有应答：{reason}",
            en=f"{url} does not answer: {reason}",
            next_zh="若服务未启动，请运行 make run；若已启动，请检查反向代理、域名解析与防火墙。",
            next_en="If nothing runs, make run starts it; else check reverse proxy, name and firewall.",
        )
    return fine(ADDRESS, zh=f"{url} 有应答。", en=f"{url} answers.")


def look_at_channels(settings: Settings) -> Iterator[Finding]:
    """How messages leave: the inbox page always, e-mail where a server is named."""
    smtp = settings.smtp
    if smtp is None:
        yield remark(
            CHANNELS,
            zh="未配置邮件服务器，消息只显示在站内收件箱。",
            en="No mail server is configured; messages appear in the inbox page only.",
            next_zh="如需邮件，请设置 SMTP_HOST、SMTP_PORT、SMTP_USER、SMTP_PASSWORD、SMTP_FROM。",
            next_en="For e-mail set SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASSWORD and SMTP_FROM.",
        )
        return
    place = f"{smtp.host}:{smtp.port}"
    try:
        with smtplib.SMTP(smtp.host, smtp.port, timeout=8) as server:
            if smtp.starttls:
                server.starttls(context=ssl.create_default_context())
            if smtp.user:
                server.login(smtp.user, smtp.password or "")
    except (OSError, smtplib.SMTPException) as error:
        yield problem(
            CHANNELS,
            zh=f"邮件服务器 {place} 不可用：{error}",
            en=f"The mail server {place} cannot be used: {error}",
            next_zh="请检查 SMTP_* 设置、防火墙和证书。站内收件箱不受影响，邮件会重试。",
            next_en="Check SMTP_* settings, firewall and certificate. Inbox pages work on; mail is retried.",
        )
        return
    yield fine(
        CHANNELS,
        zh=f"邮件以 {smtp.sender} 的名义经 {place} 发送。",
        en=f"E-mail leaves through {place} as {smtp.sender}.",
    )


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
