"""The whole loop through the API, on the real services."""

from __future__ import annotations

from datetime import datetime, timedelta

from .conftest import World, eventually


def test_an_order_becomes_a_session_that_is_attended_and_evaluated(world: World) -> None:
    staff, learner = world.api("s-staff"), world.api("s-learner1")
    liaison, lecturer = world.api("p-liaison"), world.api("p-lecturer")

    order = world.an_order(head_count=1)
    suggested = staff.get(f"/orders/{order['order_id']}/suggestions").json
    assert {each["lecturer_name"] for each in suggested["candidates"]} == {"人 s-lecturer", "人 p-lecturer"}

    asked = staff.post(
        f"/orders/{order['order_id']}/dispatch", {"lecturer_ids": [world.person["p-lecturer"]]}
    )
    offer_id = asked.json["offers"][0]["offer_id"]
    assert asked.json["offers"][0]["state"] == "awaiting_approval"
    path = "/offers?role=lender&waiting_only=true&limit=100"
    assert eventually(lambda: offer_id in [each["offer_id"] for each in liaison.get(path).json["items"]])
    assert liaison.post(f"/offers/{offer_id}/approve").json["state"] == "offered"
    eventually(lambda: lecturer.get("/offers?waiting_only=true").json["total"])
    accepted = lecturer.post(f"/offers/{offer_id}/accept")
    assert accepted.status_code == 200
    session_id = accepted.json["session_id"]
    assert staff.get(f"/orders/{order['order_id']}").json["state"] == "scheduled"

    eventually(lambda: learner.get(f"/sessions/{session_id}").status_code == 200)
    first = eventually(
        lambda: (answer := learner.post(f"/sessions/{session_id}/seats")).status_code == 201 and answer.json
    )
    assert (first["state"], first["person_id"]) == ("seated", world.person["s-learner1"])
    second = world.api("s-learner2").post(f"/sessions/{session_id}/seats").json
    assert (second["state"], second["position"]) == ("waiting", 1)
    assert learner.get(f"/sessions/{session_id}/seats/mine").json["seat"]["seat_id"] == first["seat_id"]

    door = staff.get(f"/sessions/{session_id}/door").json
    assert [line["person_name"] for line in door["roster"]] == ["人 s-learner1", "人 s-learner2"]
    starts_at = datetime.fromisoformat(accepted.json["starts_at"])
    world.clock.advance(starts_at - world.clock.now())
    checked_in = learner.post(f"/sessions/{session_id}/check-ins", {"code": door["code"]})
    assert checked_in.status_code == 201, checked_in.text
    wrong = world.api("s-learner2").post(f"/sessions/{session_id}/check-ins", {"code": door["code"]})
    assert wrong.status_code == 409

    assert staff.post(f"/sessions/{session_id}/hold").json["state"] == "held"
    eventually(lambda: learner.get(f"/sessions/{session_id}/evaluation").status_code == 200)
    marks = {"ideology": 5, "practice": 4, "profession": 5, "overall": 5}
    rated = eventually(
        lambda: (
            (answer := learner.post(f"/sessions/{session_id}/evaluation", {"ratings": marks})).status_code
            == 201
            and answer.json
        )
    )
    assert rated == {"session_id": session_id, "accepted": True}
    again = learner.post(f"/sessions/{session_id}/evaluation", {"ratings": marks})
    assert (again.status_code, again.json["code"]) == (409, "already_evaluated")
    result = lecturer.get(f"/sessions/{session_id}/result").json
    assert (result["answers"], result["published"], result["overall"]) == (1, False, None)

    today = starts_at.date()
    hours = f"/hours?from={today - timedelta(days=1)}&before={today + timedelta(days=2)}"
    eventually(lambda: learner.get(hours).json == {"person_times": 1, "minutes": 90})
    messages = eventually(lambda: (found := learner.get("/messages").json)["total"] >= 2 and found)
    assert messages["unread"] == messages["total"]
    assert learner.post("/messages/read").json == {"marked": messages["total"]}
    assert learner.get("/messages?unread_only=true").json["items"] == []
    counts = f"/organisations/{world.org['S']}/counts?from={today}&before={today + timedelta(days=1)}"
    eventually(lambda: staff.get(counts).json["held"] == 1)


def test_a_declined_order_goes_on_to_the_next_and_ends_unmet(world: World) -> None:
    staff = world.api("s-staff")
    order_id = world.an_order()["order_id"]
    own = world.person["s-lecturer"]
    asked = staff.post(f"/orders/{order_id}/dispatch", {"lecturer_ids": [own]}).json
    declined = world.api("s-lecturer").post(
        f"/offers/{asked['offers'][0]['offer_id']}/decline", {"reason": "那天出差"}
    )
    assert declined.json["state"] == "declined"
    order = staff.get(f"/orders/{order_id}").json
    assert (order["state"], order["unmet_reason"]) == ("unmet", "all_refused")
    eventually(
        lambda: order_id in [each["order_id"] for each in staff.get("/orders?state=unmet").json["items"]]
    )


def test_the_host_moves_and_cancels_a_session_and_shares_its_seats(world: World) -> None:
    staff = world.api("s-staff")
    session = world.a_session()
    path = f"/sessions/{session['session_id']}"
    window = world.a_window()
    starts_at = datetime.fromisoformat(window["starts_at"])
    new_time = {"starts_at": window["starts_at"], "ends_at": (starts_at + timedelta(minutes=90)).isoformat()}
    moved = staff.post(f"{path}/reschedule", new_time)
    assert datetime.fromisoformat(moved.json["starts_at"]) == starts_at
    seen = eventually(lambda: (found := staff.get(path).json)["before"] and found)
    assert datetime.fromisoformat(seen["before"]["starts_at"]) == datetime.fromisoformat(session["starts_at"])

    shared = staff.put(f"{path}/shares", {"shares": [{"organisation_id": world.org["P"], "seats": 5}]})
    assert shared.status_code == 200, shared.text
    assert shared.json["shares"] == [{"organisation_id": world.org["P"], "seats": 5, "taken": 0}]
    seat = world.api("p-learner").post(f"{path}/seats").json
    assert world.api("p-learner").delete(f"/seats/{seat['seat_id']}").json["state"] == "cancelled"

    assert staff.post(f"{path}/cancel", {"reason": "停电"}).json["state"] == "cancelled"
    eventually(lambda: staff.get(path).json["state"] == "cancelled")


def test_what_the_menu_shows(world: World) -> None:
    staff = world.api("s-staff")
    topic = staff.get(f"/topics/{world.topic}").json
    assert (topic["code"], topic["lecturers"]) == ("T1", 2)
    assert staff.get("/topics?search=%25").json["total"] == 0
    assert [each["name"] for each in staff.get("/venues").json["items"]] == ["大讲堂"]
    assert [each["code"] for each in staff.get("/agreements").json["items"]] == ["A1"]
    names = {each["name"] for each in staff.get("/organisations").json["items"]}
    assert names == {"红街夜校", "红街一支部", "共建单位", "另一所学校"}
    week = staff.get(
        f"/lecturers/{world.person['p-lecturer']}/week",
        query_string={"from": "2026-03-01T00:00:00Z", "before": "2026-03-08T00:00:00Z"},
    )
    assert week.json["lecturer_name"] == "人 p-lecturer"
    free = staff.get(
        f"/lecturers/{world.person['p-lecturer']}/free-busy",
        query_string={"from": "2026-03-03T00:00:00Z", "before": "2026-03-05T00:00:00Z"},
    )
    assert free.status_code == 200
    assert free.json["available"]


def test_a_list_says_where_its_neighbours_are_and_how_old_it_is(world: World) -> None:
    staff = world.api("s-staff")
    made = {world.an_order()["order_id"] for _ in range(3)}
    eventually(lambda: made <= {each["order_id"] for each in staff.get("/orders?limit=100").json["items"]})
    total = staff.get("/orders").json["total"]
    page = staff.get("/orders?limit=1&offset=1&state=placed&state=unmet&state=scheduled")
    assert len(page.json["items"]) == 1
    links = page.headers["Link"]
    for name, offset in (("first", 0), ("prev", 0), ("next", 2)):
        assert f'state=placed&state=unmet&state=scheduled&limit=1&offset={offset}>; rel="{name}"' in links
    assert staff.get(f"/orders?offset={total}").json["items"] == []
    assert "next" not in staff.get(f"/orders?offset={total}").headers["Link"]
    assert int(page.headers["Lectern-View-Age"]) < 30
