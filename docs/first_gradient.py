"""The slope and the curvature of an ordinary Python function, exactly."""

from autograd import Value, grad


def f(x, y):
    return x**3 * y + y / x


x, y = Value(2.0), Value(5.0)
out = f(x, y)
out.backward()
print(f"f(2, 5) = {out.data}, df/dx = {x.grad}, df/dy = {y.grad}, d²f/dx² = {grad(grad(f))(2.0, 5.0)}")
