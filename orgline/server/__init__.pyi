from .http.http_server import run_server as run_server
from .limits.rate_limit import Limits as Limits
