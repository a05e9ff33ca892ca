"""The slopes and the curvature of an ordinary Python function, at x = 2 and y = 5."""

from autograd import Value, grad


def f(x, y):
    return x**3 * y + y / x


x, y = Value(2.0), Value(5.0)
out = f(x, y)
out.backward()
print("f       =", out.data)
print("df/dx   =", x.grad)
print("df/dy   =", y.grad)
print("d2f/dx2 =", grad(grad(f))(2.0, 5.0))
