"""Pure decisions of feedback: standard library only, no database, no clock."""
