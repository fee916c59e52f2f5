"""People, organisations, their figures and keys."""

from __future__ import annotations

from marshmallow import Schema, fields

from gateway.api.base import page_of
from gateway.api.schemas.parts import an_id, count, moment, text


class Membership(Schema):
    """An organisation in which a person holds roles."""

    organisation_id = an_id()
    organisation_name = text()
    organisation_name_en = text()
    kind = text()
    district_id = an_id()
    district_name = text()
    roles = fields.List(fields.String(), required=True)


class Bearer(Schema):
    """Who bears the token; a partner's key has no person."""

    person_id = an_id(none=True)
    name = text(none=True)
    organisation_id = an_id(none=True)
    district_id = an_id(none=True)
    roles = fields.List(fields.String(), required=True)
    memberships = fields.List(fields.Nested(Membership), required=True)


class Token(Schema):
    """A bearer token, good until `expires_at` unless its account is closed or gets a new password."""

    token = text()
    expires_at = moment()
    bearer = fields.Nested(Bearer, required=True)


class MemberEntry(Schema):
    """A person who holds a role in the own organisation."""

    person_id = an_id()
    code = text()
    name = text()
    audience = text()
    roles = fields.List(fields.String(), required=True)
    active = fields.Boolean(required=True)


class OrganisationEntry(Schema):
    """An organisation of the district."""

    organisation_id = an_id()
    name = text()
    name_en = text()
    kind = text()
    parent_id = an_id(none=True)


class OrganisationEntries(Schema):
    items = fields.List(fields.Nested(OrganisationEntry), required=True)


class Counts(Schema):
    """What an organisation ordered, hosted, lent and learned within a stretch of days."""

    organisation_id = an_id()
    name = text()
    name_en = text()
    kind = text()
    orders = count()
    unmet = count()
    hosted = count()
    held = count()
    lent = count()
    person_times = count()
    minutes = count()
    learners = count()


class UnmetTopic(Schema):
    """A topic that was ordered in vain."""

    topic_id = an_id(none=True)
    title = text()
    orders = count()
    organisations = count()
    head_count = count()
    last_placed_at = moment()


class Hours(Schema):
    """Person-times and study minutes of the bearer within a stretch of days."""

    person_times = count()
    minutes = count()


class ApiKeyEntry(Schema):
    """An API key without its secret."""

    key_id = an_id()
    public_id = text()
    name = text()
    organisation_id = an_id()
    roles = fields.List(fields.String(), required=True)
    created_at = moment()
    expires_at = moment()
    revoked_at = moment(none=True)


class NewApiKeyEntry(ApiKeyEntry):
    """A new API key. `key` is shown now (and to a repeat with the same Idempotency-Key) only."""

    key = text()


MemberPage = page_of(MemberEntry, name="MemberPage")
UnmetTopicPage = page_of(UnmetTopic, name="UnmetTopicPage")
ApiKeyPage = page_of(ApiKeyEntry, name="ApiKeyPage")
