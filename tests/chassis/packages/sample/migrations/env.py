from chassis.migrate import run_env
from sample.tables import Base

run_env(Base.metadata)
