"""The directory: districts, organisations, people with their roles, accounts, partners' keys, the audit log.

Names and addresses of people live here and nowhere else; events of the directory carry ids. The gateway's
web processes own this database; its outbox is relayed by the gateway's views process.

`districts`, `organisations`, `people`, `memberships`, `names` and `audit` are use cases and reads, each
taking an open transaction; `desk` answers the directory's own commands with the command log that every
service has; `tables` says what is stored.
"""
