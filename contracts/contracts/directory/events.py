"""Events of the directory. People are ids here; names stay in the directory."""

from __future__ import annotations

from marshmallow import fields

from contracts import vocabulary
from contracts.fields import NAME, Id, Text, latitude, longitude, one_of
from contracts.registry import EventData, event


class Membership(EventData):
    """A role that a person holds in an organisation."""

    organisation_id = Id(required=True)
    role = one_of(*vocabulary.ROLES, required=True)


class OrganisationListed(EventData):
    """The entry of an organisation was written: this is its full state."""

    organisation_id = Id(required=True)
    district_id = Id(required=True)
    name = Text(NAME, required=True)
    name_en = Text(NAME, least=0, load_default="")
    kind = one_of(*vocabulary.ORGANISATION_KINDS, required=True)
    parent_id = Id(load_default=None, allow_none=True)
    latitude = latitude(load_default=None)
    longitude = longitude(load_default=None)


class PersonListed(EventData):
    """The entry of a person was written: this is its full state, without a name."""

    person_id = Id(required=True)
    organisation_id = Id(required=True)
    district_id = Id(required=True)
    audience = one_of(*vocabulary.AUDIENCES, required=True)
    memberships = fields.List(fields.Nested(Membership), required=True)
    active = fields.Boolean(required=True)


ORGANISATION_LISTED = event(
    "directory.organisation.listed.v1", aggregate="organisation", schema=OrganisationListed
)
PERSON_LISTED = event("directory.person.listed.v1", aggregate="person", schema=PersonListed)
