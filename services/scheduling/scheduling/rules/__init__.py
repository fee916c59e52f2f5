"""Pure decisions of scheduling: plain Python, no database, no clock; time and time zone are arguments."""
