"""The compiler: a function runs once while it is recorded, and from then on as a program."""

from autograd.compiler.compiled import Compiled as Compiled, jit as jit
from autograd.compiler.trace import TraceError as TraceError
