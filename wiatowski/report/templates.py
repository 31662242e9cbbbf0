"""Pages from the templates beside this file."""

from __future__ import annotations

import jinja2
from markupsafe import Markup

from wiatowski.report.markup import number
from wiatowski.report.mathtext import typeset

__all__ = ["rendered"]


def rendered(template: str, **values) -> str:
    """The page of a template; numbers and formulas have filters of their own.

    Args:
        template: name of the file.
        values: all that it names.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("wiatowski.report", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["math"] = typeset
    environment.filters["number"] = number
    environment.filters["breakable"] = lambda text: Markup("(<wbr>").join(text.split("("))
    return environment.get_template(template).render(**values)
