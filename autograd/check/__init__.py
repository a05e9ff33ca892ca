"""The gradient checker: `gradcheck`, and the report that it returns."""

from autograd.check.checker import gradcheck as gradcheck
from autograd.check.reports import Entry as Entry, Fault as Fault, Report as Report
