"""Pure decisions of notifications: standard library only, no database, no clock."""
