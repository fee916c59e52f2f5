"""What is told of the example: sessions that were held, sessions to come, and orders that are still open.

Titles and places are those of `examples/region`; who comes and what they think is made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lectern.example.dates import FRIDAY, SATURDAY, THURSDAY, TUESDAY, WEDNESDAY, Calendar


@dataclass(frozen=True)
class Evening:
    """A session ordered by `host`, given by `lecturer`, with learners of some organisations.

    `wanted` learners enrol. Of a session that was held `came` of them came, and their marks (1 to 5, in the
    sequence of the four questions) go round.
    """

    key: str
    host: str
    topic: str
    lecturer: str
    starts_at: datetime
    minutes: int
    venue: str | None
    head_count: int
    learners: tuple[str, ...]
    wanted: int
    group: str | None = None
    shares: dict[str, int] = field(default_factory=dict)
    came: int = 0
    marks: tuple[tuple[int, int, int, int], ...] = ()
    comments: tuple[str, ...] = ()
    audience: str = "all"


@dataclass(frozen=True)
class Wish:
    """An order whose end is open. `ask` names lecturers in sequence; `declined` of them said no.

    Without `ask` the order waits for its staff, unless `automatic` sends it to the best candidate.
    """

    key: str
    host: str
    starts_at: datetime
    minutes: int
    head_count: int
    topic: str | None = None
    missing_topic: str | None = None
    venue: str | None = None
    ask: tuple[str, ...] = ()
    declined: int = 0
    automatic: bool = False
    note: str = ""


GOOD = ((5, 5, 4, 5), (5, 4, 5, 5), (4, 4, 4, 4), (5, 5, 5, 5))
FAIR = ((4, 3, 4, 4), (5, 4, 4, 4), (4, 4, 5, 4), (3, 4, 4, 4))
NIGHT = ("QS-C1", "QS-C2", "QS-C3", "QS-O1")


# fmt: off
def held(days: Calendar) -> list[Evening]:
    """The last weeks: four Wednesday evenings of the night school, three sessions in Luodian."""
    wednesday = [days.past(WEDNESDAY, "19:00", weeks=weeks) for weeks in (3, 2, 1, 0)]
    return [
        Evening(
            key="why-so-red", host="QS-SCHOOL", topic="QS-T16", lecturer="QS-006", venue="QS-R01",
            group="QS-G01", starts_at=wednesday[0], minutes=60, head_count=60, learners=NIGHT,
            wanted=9, came=8, marks=GOOD, comments=("讲得生动，照片很珍贵。",),
        ),
        Evening(
            key="great-events", host="QS-SCHOOL", topic="QS-T21", lecturer="QS-022", venue="QS-R01",
            group="QS-G01", starts_at=wednesday[1], minutes=60, head_count=60, learners=NIGHT,
            wanted=9, came=8, marks=GOOD, comments=("小切口讲大道理。", "希望讲义能发到群里。"),
        ),
        Evening(
            key="reading", host="QS-SCHOOL", topic="QS-T10", lecturer="QS-029", venue="QS-R01",
            group="QS-G01", starts_at=wednesday[2], minutes=90, head_count=60, learners=NIGHT,
            wanted=8, came=7, marks=FAIR, comments=("讨论时间可以再长一点。",),
        ),
        Evening(
            key="sports", host="QS-SCHOOL", topic="QS-T27", lecturer="QS-019", venue="QS-R01",
            group="QS-G01", starts_at=wednesday[3], minutes=60, head_count=60, learners=NIGHT,
            wanted=10, came=9, marks=GOOD, comments=("跟着练了一遍，很实用。",),
        ),
        Evening(
            key="good-member", host="LD-C2", topic="LD-T02", lecturer="LD-008", venue="LD-R15",
            group="LD-G09", starts_at=days.past(THURSDAY, "14:00", weeks=1), minutes=90, head_count=30,
            learners=("LD-C2", "LD-C1"), wanted=8, came=7, marks=GOOD, comments=("结合实际，听得懂。",),
        ),
        Evening(
            key="memorial", host="LD-SCHOOL", topic="LD-T14", lecturer="LD-023", venue="LD-R04",
            starts_at=days.past(TUESDAY, "09:30"), minutes=120, head_count=40,
            learners=("LD-V1", "LD-V2", "LD-C1"), wanted=9, came=8, marks=GOOD,
            comments=("现场教学印象深刻。",),
        ),
        Evening(
            key="pocket-class", host="LD-V1", topic="LD-T03", lecturer="LD-010", venue="LD-R10",
            starts_at=days.past(FRIDAY, "15:00"), minutes=30, head_count=20,
            learners=("LD-V1", "LD-V3"), wanted=8, came=7, marks=FAIR,
        ),
    ]


def coming(days: Calendar) -> list[Evening]:
    """What stands in the calendar: one within the hour, one that is full, one shared out, one online."""
    return [
        Evening(
            key="joining-day", host="LD-C2", topic="LD-T18", lecturer="LD-013", venue="LD-R15",
            starts_at=days.soon(60), minutes=60, head_count=30, learners=("LD-C2", "LD-C1"), wanted=7,
        ),
        Evening(
            key="beautiful", host="QS-SCHOOL", topic="QS-T08", lecturer="QS-003", venue="QS-R01",
            group="QS-G01", starts_at=days.coming(WEDNESDAY, "19:00"), minutes=60, head_count=60,
            learners=NIGHT, wanted=14,
        ),
        Evening(
            key="voices", host="QS-C1", topic="QS-T19", lecturer="QS-060", venue="QS-R07",
            starts_at=days.coming(SATURDAY, "09:30"), minutes=45, head_count=8,
            learners=("QS-C1", "QS-C2"), wanted=12,
        ),
        Evening(
            key="newcomers", host="LD-SCHOOL", topic="LD-T19", lecturer="LD-008", venue="LD-R02",
            group="LD-G03", starts_at=days.coming(THURSDAY, "14:00"), minutes=120, head_count=40,
            learners=("LD-V1", "LD-V2", "LD-C1", "LD-C2", "LD-N1"), wanted=9, audience="three_new",
            shares={"LD-C2": 6, "LD-V1": 6},
        ),
        Evening(
            key="belt-and-road", host="QS-SCHOOL", topic="LD-T01", lecturer="LD-009", venue=None,
            starts_at=days.coming(WEDNESDAY, "19:00", weeks=1), minutes=90, head_count=100,
            learners=NIGHT, wanted=4,
        ),
    ]


def wishes(days: Calendar) -> list[Wish]:
    """What is under way at this moment, one of each kind in both districts."""
    return [
        # waits for the lending unit's liaison
        Wish("duties", "LD-SCHOOL", days.coming(WEDNESDAY, "09:00", weeks=1), 180, 30, topic="LD-T06",
             venue="LD-R02", ask=("LD-016", "LD-019"), note="面向村居党组织书记，请结合案例。"),
        Wish("meetings", "QS-SCHOOL", days.coming(WEDNESDAY, "19:00", weeks=2), 90, 60, topic="QS-T22",
             venue="QS-R01", ask=("QS-022",)),
        # waits for the lecturer
        Wish("new-member", "LD-C2", days.coming(TUESDAY, "14:00", weeks=1), 150, 25, topic="LD-T23",
             venue="LD-R15", ask=("LD-008", "LD-014")),
        Wish("beautiful-again", "QS-C2", days.coming(TUESDAY, "14:00", weeks=1), 120, 40, topic="QS-T08",
             venue="QS-R11", ask=("QS-006", "QS-003")),
        # the first said no, the second is asked
        Wish("rules", "QS-SCHOOL", days.coming(WEDNESDAY, "19:00", weeks=3), 120, 60, topic="QS-T02",
             venue="QS-R01", ask=("QS-010", "QS-003"), declined=1),
        # wait for their own staff
        Wish("congress", "LD-V1", days.coming(FRIDAY, "14:00", weeks=1), 120, 25, topic="LD-T04",
             venue="LD-R10"),
        Wish("writing", "QS-N1", days.coming(TUESDAY, "14:00", weeks=1), 120, 20, topic="QS-T05",
             venue="QS-R02"),
        # nobody is left, or the menu lacks it
        Wish("fire", "QS-C3", days.coming(SATURDAY, "09:00", weeks=1), 120, 40,
             missing_topic="社区消防安全常识", venue="QS-R02", note="居民多次提出。"),
        Wish("information", "LD-N2", days.coming(WEDNESDAY, "14:00", weeks=1), 180, 20, topic="LD-T06",
             venue="LD-R19", automatic=True),
    ]
# fmt: on
