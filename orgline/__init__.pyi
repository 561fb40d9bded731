from .answers.library import Build as Build
from .answers.library import open_build as open_build
from .answers.written_answer import WrittenAnswer as WrittenAnswer
from .build.pipeline import build_content as build_content
from .text.errors import CannotRun as CannotRun
from .text.errors import ContentError as ContentError
from .text.errors import OrglineError as OrglineError
from .text.package import __version__ as __version__
