"""The plainest page that Flask can serve: no session, no database, one template."""

from __future__ import annotations

from flask import Flask, render_template_string

app = Flask(__name__)
PAGE = "<!doctype html><title>{{ title }}</title><h1>{{ title }}</h1><p>{{ text }}</p>"


@app.get("/")
def page() -> str:
    return render_template_string(PAGE, title="共享讲台", text="欢迎")


@app.get("/healthz")
def health() -> str:
    return "ok"
