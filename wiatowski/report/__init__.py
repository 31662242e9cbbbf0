"""One report: an image, an extractor, its figures and its checked claims."""

from wiatowski.report.errors import ClaimsError as ClaimsError
from wiatowski.report.errors import InputError as InputError
from wiatowski.report.job import Result as Result
from wiatowski.report.job import Settings as Settings
from wiatowski.report.job import verify as verify
from wiatowski.report.progress import Progress as Progress
