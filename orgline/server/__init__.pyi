from .http.app import run_server as run_server
from .http.rate_limit import Limits as Limits
