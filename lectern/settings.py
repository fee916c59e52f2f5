"""The settings, with a sentence instead of a traceback where the environment says something impossible."""

from __future__ import annotations

import os
from zoneinfo import ZoneInfoNotFoundError

from chassis.config import Settings
from environs import EnvError

from chassis import config
from lectern.parts import DATABASES
from lectern.words import Failure


def load() -> Settings:
    """What the environment says; `Failure` where it cannot be."""
    try:
        settings = config.load()
    except ZoneInfoNotFoundError as error:
        name = os.environ.get("LECTERN_TIMEZONE", "")
        raise Failure(
            f"本机不认识时区 LECTERN_TIMEZONE={name}。"
            f"请填写如 Asia/Shanghai 的名称；若名称无误，请安装系统的 tzdata。",
            f"This machine does not know the time zone LECTERN_TIMEZONE={name}."
            f" Write a name such as Asia/Shanghai; if it is right, install the system's tzdata.",
        ) from error
    except (EnvError, ValueError) as error:
        raise Failure(
            f"环境变量有误：{error}。请更正或取消该变量。",
            f"The environment says something impossible: {error}. Correct or unset the variable.",
        ) from error
    except OSError as error:
        raise Failure(
            f"无法使用数据目录：{error}。请更正权限，或用 LECTERN_HOME 指定另一目录。",
            f"The data directory cannot be used: {error}."
            f" Correct its permissions or name another with LECTERN_HOME.",
        ) from error
    return settings


def database_urls(settings: Settings) -> dict[str, str]:
    """The address of every database by name."""
    return {name: settings.database_url(name) for name in DATABASES}
