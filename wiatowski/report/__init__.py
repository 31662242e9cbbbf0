"""Reports: an extractor with its checked claims on an image, and why a network decides as it does."""

from wiatowski.report.errors import ClaimsError as ClaimsError
from wiatowski.report.errors import InputError as InputError
from wiatowski.report.explanation import Explanation as Explanation
from wiatowski.report.explanation import Question as Question
from wiatowski.report.explanation import explained as explained
from wiatowski.report.job import Result as Result
from wiatowski.report.job import Settings as Settings
from wiatowski.report.job import verify as verify
from wiatowski.report.progress import Progress as Progress
