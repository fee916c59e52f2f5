-- What the enrollment service does for one enrolment, statement by statement, without the service.
-- :sessions says over how many sessions the clients spread, :n counts each client's learners.
\set n :n + 1
\set learner :client_id * 100000 + :n
\set which (:client_id + :n) % :sessions
BEGIN;
SELECT members.person_id, members.organisation_id, members.district_id AS member_district_id, members.active, course_sessions.session_id, host_id, course_sessions.district_id, lecturer_id, title, starts_at, ends_at, state, capacity, shared, taken, open_taken, waiting, last_place FROM members JOIN course_sessions ON course_sessions.session_id = bench_session(:which) WHERE members.person_id = bench_learner(:learner) FOR NO KEY UPDATE OF members \gset
SELECT seats.session_id, course_sessions.title FROM seats JOIN course_sessions ON course_sessions.session_id = seats.session_id WHERE seats.person_id = bench_learner(:learner) AND seats.state <> 'cancelled' AND (seats.session_id = bench_session(:which) OR course_sessions.starts_at < :ends_at::timestamptz AND course_sessions.ends_at > :starts_at::timestamptz AND (seats.state <> 'waiting' OR course_sessions.starts_at > now()));
WITH counted AS (UPDATE course_sessions SET taken = taken + 1, open_taken = open_taken + 1, last_place = last_place + 1 WHERE session_id = bench_session(:which) AND state = 'open' AND starts_at = :starts_at::timestamptz AND ends_at = :ends_at::timestamptz AND shared = 0 AND waiting = 0 AND open_taken < capacity RETURNING taken, last_place), sat AS (INSERT INTO seats (seat_id, session_id, person_id, organisation_id, state, taken_at, ended_at, place) SELECT gen_random_uuid(), bench_session(:which), bench_learner(:learner), :organisation_id::uuid, 'seated', now(), NULL, counted.last_place FROM counted) SELECT counted.taken FROM counted;
INSERT INTO aggregates (kind, id, version) VALUES ('session', bench_session(:which)::text, 1) ON CONFLICT (kind, id) DO UPDATE SET version = aggregates.version + excluded.version RETURNING aggregates.version \gset
INSERT INTO outbox (event_id, kind, aggregate, version, type, routing_key, body, recorded_at) VALUES (gen_random_uuid(), 'session', bench_session(:which)::text, :version::int, 'enrollment.seat.confirmed.v1', 'enrollment.session.seat.confirmed.v1', repeat('x', 1100), now());
INSERT INTO commands (id, operation, request_hash, answer, actor, done_at) VALUES (gen_random_uuid(), 'enrollment.enrol', repeat('a', 64), repeat('x', 250), bench_learner(:learner)::text, now()) ON CONFLICT DO NOTHING;
COMMIT;
