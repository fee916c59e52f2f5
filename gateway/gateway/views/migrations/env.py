from chassis.migrate import run_env

from gateway.views.tables import metadata

run_env(metadata)
