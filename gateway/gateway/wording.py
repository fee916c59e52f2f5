"""JSON as people read it: Chinese as Chinese, keys in the sequence they were given."""

from __future__ import annotations

from typing import Any

from flask.json.provider import DefaultJSONProvider


class PlainJson(DefaultJSONProvider):
    """Flask's JSON without escapes, but for text that UTF-8 cannot carry."""

    sort_keys = False
    ensure_ascii = False

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        text = super().dumps(obj, **kwargs)
        if not kwargs.get("ensure_ascii", self.ensure_ascii):
            try:
                text.encode("utf-8")
            except UnicodeEncodeError:  # a lone surrogate that a client sent as the name of a field
                return super().dumps(obj, **{**kwargs, "ensure_ascii": True})
        return text
