/* The core in C: what record.py, graph.py, operation.py and value.py do for every node.

The Python files are the text; this file computes the same bits, faster. It knows the frequent cases
only. In every rare one (other types, modes, labels, errors) it calls the function of the Python
file, so that no message is written twice. autograd/exchange.py puts it in their place.

Two things are done otherwise than in Python. Nodes are not known to the garbage collector: a record
has no cycles, and to look for them is a third of the time of a program. And a node of many operands
keeps them, and its partials, in a block of memory in place of two tuples. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The table's operations, written by a program from ops.py: FIXED and VARIADIC. */
#include "_table.h"

#ifndef SOURCES
#define SOURCES 0 /* hatch_build.py has their check sum: a core of other sources is not used */
#endif

#if defined(__GNUC__) || defined(__clang__)
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define PREFETCH(p) __builtin_prefetch((p), 1)
#else
#define LIKELY(condition) (condition)
#define PREFETCH(p) ((void)(p))
#endif
#define UNLIKELY(condition) (!LIKELY(!(condition)))

/* A node ----------------------------------------------------------------------------------------
96 bytes. What a walk looks at first stands first. */

typedef struct Node {
    PyObject_HEAD
    void *mark;      /* what a walk left: an odd number if it was one in C, an object if in Python */
    uintptr_t op;    /* the operation, a strong reference, or 0 for a leaf; plus the bits below */
    PyObject *x;     /* a node, a float, or NULL; with y an array of two */
    PyObject *y;     /* likewise; a `Many *` where the bit MANY is set */
    double grad;
    union { double dx; long long birth; } first;      /* of a leaf its birth */
    union { double dy; double adjoint; } second;      /* of a leaf what backward has gathered */
    double data;
    PyObject *label; /* or NULL */
    PyObject *dict;  /* the user's own attributes, or NULL */
} Node;

/* Objects begin at multiples of 16 bytes, so the low bits of `op` are free. */
enum { DX = 1, DY = 2, MANY = 4, BITS = 7 }; /* there is a dx; a dy; y is a block */

/* The operands of an operation of many, then their partials, then for each whether it is there. */
typedef struct {
    Py_ssize_t count;
    PyObject *x[];
} Many;

typedef struct { PyObject_HEAD Py_ssize_t watched; } Flag; /* see record.Flag */

static PyTypeObject *V; /* Value: the one type of all nodes */
static Flag *flag;
static long long births;
static int walking;     /* whether a walk in Python is under way */

/* What the Python files do in rare cases, and the operations behind operators; see `adopt`. */
static struct {
    PyObject *observed, *operand, *init, *data, *grad, *truth, *lt, *le, *eq, *ne, *gt, *ge;
    PyObject *add, *sub, *mul, *div, *neg, *pow, *dot_product, *MODE, *Mode, *Tape;
} python;

/* Where the slots of a Mode and of a Tape stand, which are classes of Python. */
static struct { Py_ssize_t open, recording, observers, entries; } slots;
#define SLOT(o, name) (*(PyObject **)((char *)(o) + slots.name))

static inline int is_node(PyObject *o) { return Py_TYPE(o) == V; }
static inline PyObject *op_of(Node *n) { return (PyObject *)(n->op & ~(uintptr_t)BITS); }
static inline int is_leaf(Node *n) { return n->op == 0; }
static inline Many *many_of(Node *n) { return (Many *)n->y; }
static inline double *partials_of(Many *m) { return (double *)(m->x + m->count); }
static inline unsigned char *present_of(Many *m) { return (unsigned char *)(partials_of(m) + m->count); }

/* The operands of a node as an array. Of one or two some may be NULL. */
static inline PyObject **operands_of(Node *n, Py_ssize_t *count)
{
    if (UNLIKELY(n->op & MANY)) {
        *count = many_of(n)->count;
        return many_of(n)->x;
    }
    *count = 2;
    return &n->x;
}

/* Birth and death -------------------------------------------------------------------------------
Memory of nodes that died is kept for the next ones. Values live as long as their type does, which
is for ever; so they do not hold it. */

#ifndef KEPT
#define KEPT 65536 /* 0 where a sanitizer is to see every node come and go */
#endif
static Node *kept;        /* threaded through `mark` */
static Py_ssize_t kept_count, alive;

/* A node to be filled in at once: `op`, `x`, `y` and `data` are not set. */
static inline Node *fresh(void)
{
    Node *n = kept;
    if (LIKELY(n != NULL)) {
        kept = n->mark;
        kept_count--;
    }
    else if (!(n = PyObject_Malloc(sizeof(Node)))) {
        PyErr_NoMemory();
        return NULL;
    }
    Py_SET_TYPE(n, V);
    _Py_NewReference((PyObject *)n);
    n->mark = NULL;
    n->grad = 0.0;
    n->label = n->dict = NULL;
    alive++;
    return n;
}

static inline int is_object(void *mark) { return mark && !((uintptr_t)mark & 1); }

/* Nodes that are about to die wait in a list, threaded through `mark`, for one loop to come to them:
nothing recurses, be a graph ever so deep or wide, or hung together by attributes or marks. */
static Node *waiting;

static inline void let_wait(Node *n)
{
    for (;;) {
        PyObject *mark = n->mark;
        n->mark = waiting;
        waiting = n;
        if (LIKELY(!is_object(mark))) return;
        if (!is_node(mark) || Py_REFCNT(mark) > 1) {
            Py_DECREF(mark);
            return;
        }
        n = (Node *)mark; /* it dies with its node, and may have such a mark itself */
    }
}

static inline void drop(PyObject *o)
{
    if (is_node(o) && Py_REFCNT(o) == 1) let_wait((Node *)o);
    else Py_DECREF(o);
}

static void node_dealloc(PyObject *self)
{
    static int dying; /* whether the loop runs, and this call comes from within it */
    let_wait((Node *)self);
    if (dying) return;
    dying = 1;
    while (waiting) {
        Node *n = waiting;
        waiting = n->mark;
        if (n->op & MANY) {
            Many *m = many_of(n);
            for (Py_ssize_t i = 0; i < m->count; i++) drop(m->x[i]);
            PyMem_Free(m);
        }
        else {
            if (n->x) drop(n->x);
            if (n->y) drop(n->y);
        }
        Py_XDECREF(op_of(n));
        Py_XDECREF(n->label);
        Py_XDECREF(n->dict);
        alive--;
        if (kept_count < KEPT) { /* not before: what was given up may have run Python code */
            n->mark = kept;
            kept = n;
            kept_count++;
        }
        else PyObject_Free(n);
    }
    dying = 0;
}

/* Records ---------------------------------------------------------------------------------------
A node once it is filled in. */

/* The record of an operation of one or two operands; y is NULL if it is of one. */
static inline Node *recorded(PyObject *op, unsigned bits, double data, PyObject *x, double dx,
                             PyObject *y, double dy)
{
    Node *n = fresh();
    if (UNLIKELY(!n)) return NULL;
    n->op = (uintptr_t)Py_NewRef(op) | bits;
    n->x = Py_XNewRef(x);
    n->y = Py_XNewRef(y);
    n->first.dx = dx;
    n->second.dy = dy;
    n->data = data;
    return n;
}

/* A block for so many operands; the first `filled` of them must be strong before it is given up. */
static Many *block(Py_ssize_t count)
{
    size_t each = sizeof(PyObject *) + sizeof(double) + 1;
    Many *m = (size_t)count > (PY_SSIZE_T_MAX - sizeof(Many)) / each
        ? NULL : PyMem_Malloc(sizeof(Many) + (size_t)count * each);
    if (!m) PyErr_NoMemory();
    else m->count = count;
    return m;
}

/* The record of an operation of many operands; it takes the block, also when it fails. */
static Node *recorded_many(PyObject *op, double data, Many *m)
{
    Node *n = fresh();
    if (UNLIKELY(!n)) {
        for (Py_ssize_t i = 0; i < m->count; i++) Py_DECREF(m->x[i]);
        PyMem_Free(m);
        return NULL;
    }
    n->op = (uintptr_t)Py_NewRef(op) | MANY;
    n->x = NULL;
    n->y = (PyObject *)m;
    n->data = data;
    return n;
}

/* A new tuple or list. In Python 3.11 to make one may run the collector, and so somebody's code, which
might make a leaf of a node that is being looked at. */
static PyObject *collecting_nothing(PyObject *(*make)(Py_ssize_t), Py_ssize_t count)
{
    int was_on = PyGC_Disable();
    PyObject *out = make(count);
    if (was_on) PyGC_Enable();
    return out;
}

/* A leaf. */
static inline Node *leaf(double data)
{
    Node *n = fresh();
    if (UNLIKELY(!n)) return NULL;
    n->op = 0;
    n->x = n->y = NULL;
    n->first.birth = births++;
    n->data = data;
    return n;
}

/* The node forgets how its number was made; another one takes that over, and dies of it. */
static int forget(Node *n)
{
    Node *was = fresh();
    if (!was) return -1;
    was->op = n->op;
    was->x = n->x;
    was->y = n->y;
    was->mark = is_object(n->mark) ? n->mark : NULL;
    n->op = 0;
    n->x = n->y = NULL;
    n->mark = NULL;
    n->grad = 0.0;
    n->first.birth = births++;
    Py_DECREF(was);
    return 0;
}

/* Who watches -----------------------------------------------------------------------------------
As in record.py. Every operation ends in `shown`, as in Python it ends in record.node. */

/* The mode of this thread or task, which its context holds; NULL where record.current must look. */
static PyObject *mode_here(void)
{
    PyObject *mode;
    if (PyContextVar_Get(python.MODE, NULL, &mode) || !mode) {
        PyErr_Clear();
        return NULL;
    }
    Py_DECREF(mode);
    int is_plain = Py_TYPE(mode) == (PyTypeObject *)python.Mode && SLOT(mode, open) == Py_True
        && SLOT(mode, observers) && PyTuple_CheckExact(SLOT(mode, observers));
    return is_plain ? mode : NULL;
}

/* Whether anybody is to be told of what happens here: the flag speaks of all threads and modes. */
static inline int is_watched(void)
{
    if (LIKELY(!flag->watched)) return 0;
    PyObject *mode = mode_here();
    return !mode || PyTuple_GET_SIZE(SLOT(mode, observers)) != 0;
}

/* See to a new node where that takes no Python: where nobody watches, and where one tape does. It is
1 if that is done, 0 if it is left to record.observed, and -1 for an error. */
static int is_seen_to(Node *n)
{
    PyObject *mode = mode_here();
    if (!mode) return 0;
    PyObject *observers = SLOT(mode, observers);
    Py_ssize_t count = PyTuple_GET_SIZE(observers);
    if (SLOT(mode, recording) != Py_True) return count ? 0 : forget(n) ? -1 : 1;
    if (count == 0) return 1;
    PyObject *tape = PyTuple_GET_ITEM(observers, 0);
    if (count > 1 || !PyObject_TypeCheck(tape, (PyTypeObject *)python.Tape)) return 0;
    PyObject *entries = SLOT(tape, entries);
    if (!entries || !PyList_CheckExact(entries)) return 0;
    return PyList_Append(entries, (PyObject *)n) ? -1 : 1;
}

static inline PyObject *shown(Node *n)
{
    if (LIKELY(!n || !flag->watched)) return (PyObject *)n;
    int done = is_seen_to(n);
    if (LIKELY(done > 0)) return (PyObject *)n;
    PyObject *out = done ? NULL : PyObject_CallOneArg(python.observed, (PyObject *)n);
    Py_DECREF(n);
    return out;
}

/* Numbers ---------------------------------------------------------------------------------------
A plain number is a float; ints up to 2**53 are as good. All others are left to Python. */

static inline int as_double(PyObject *o, double *to)
{
    if (LIKELY(PyFloat_CheckExact(o))) {
        *to = PyFloat_AS_DOUBLE(o);
        return 1;
    }
    if (PyLong_CheckExact(o)) {
        int overflow;
        long long i = PyLong_AsLongLongAndOverflow(o, &overflow);
        if (!overflow && -(1LL << 53) < i && i < (1LL << 53)) {
            *to = (double)i;
            return 1;
        }
    }
    return 0;
}

/* The numbers of two operands, of which at least one is a node. */
typedef struct {
    PyObject *x, *y;
    double a, b;
    unsigned bits;  /* which of them are nodes */
    PyObject *held; /* a float that was made of one of them; or, where it failed, the answer */
} Pair;

/* Whether both are numbers. If not, `held` is what the operator gives: NotImplemented or an error. */
static inline int is_pair(Pair *p, PyObject *x, PyObject *y, const char *symbol)
{
    p->x = x;
    p->y = y;
    p->held = NULL;
    p->bits = (is_node(x) ? DX : 0) | (is_node(y) ? DY : 0);
    if (p->bits != (DX | DY)) {
        PyObject **plain = p->bits & DX ? &p->y : &p->x;
        if (!PyFloat_CheckExact(*plain)) {
            double number;
            if (as_double(*plain, &number)) p->held = PyFloat_FromDouble(number);
            else p->held = PyObject_CallFunction(python.operand, "Os", *plain, symbol);
            if (!p->held || !PyFloat_CheckExact(p->held)) return 0;
            *plain = p->held;
        }
    }
    p->a = p->bits & DX ? ((Node *)p->x)->data : PyFloat_AS_DOUBLE(p->x);
    p->b = p->bits & DY ? ((Node *)p->y)->data : PyFloat_AS_DOUBLE(p->y);
    return 1;
}

static inline PyObject *of_pair(Pair *p, PyObject *op, double data, double dx, double dy)
{
    Node *n = recorded(op, p->bits, data, p->x, dx, p->y, dy);
    Py_XDECREF(p->held);
    return shown(n);
}

/* What the table's own entry gives for two numbers. */
static PyObject *by_table(Pair *p, PyObject *op)
{
    PyObject *out = PyObject_Vectorcall(op, (PyObject *[]){p->x, p->y}, 2, NULL);
    Py_XDECREF(p->held);
    return out;
}

/* Arithmetic ------------------------------------------------------------------------------------
The operators of value.py. Either operand may be the Value. */

static PyObject *node_add(PyObject *x, PyObject *y)
{
    Pair p;
    if (!is_pair(&p, x, y, "+")) return p.held;
    return of_pair(&p, python.add, p.a + p.b, 1.0, 1.0);
}

static PyObject *node_sub(PyObject *x, PyObject *y)
{
    Pair p;
    if (!is_pair(&p, x, y, "-")) return p.held;
    return of_pair(&p, python.sub, p.a - p.b, 1.0, -1.0);
}

static PyObject *node_mul(PyObject *x, PyObject *y)
{
    Pair p;
    if (!is_pair(&p, x, y, "*")) return p.held;
    return of_pair(&p, python.mul, p.a * p.b, p.b, p.a);
}

static PyObject *node_div(PyObject *x, PyObject *y)
{
    Pair p;
    if (!is_pair(&p, x, y, "/")) return p.held;
    if (p.b == 0.0) return by_table(&p, python.div);
    double out = p.a / p.b;
    return of_pair(&p, python.div, out, 1.0 / p.b, -(out / p.b));
}

static PyObject *node_pow(PyObject *x, PyObject *y, PyObject *modulus)
{
    Pair p;
    if (modulus != Py_None || (!is_node(x) && !is_node(y))) Py_RETURN_NOTIMPLEMENTED;
    if (!is_pair(&p, x, y, "**")) return p.held;
    return by_table(&p, python.pow);
}

static PyObject *node_neg(PyObject *x)
{
    return shown(recorded(python.neg, DX, -((Node *)x)->data, x, -1.0, NULL, 0.0));
}

/* Comparisons -----------------------------------------------------------------------------------
Of a Value with a Value or a plain number. */

static PyObject *node_compare(PyObject *x, PyObject *y, int relation)
{
    double a = ((Node *)x)->data, b;
    if (LIKELY(!is_watched())) {
        if (is_node(y)) b = ((Node *)y)->data;
        else if (!as_double(y, &b)) goto rare;
        Py_RETURN_RICHCOMPARE(a, b, relation);
    }
rare:;
    PyObject *methods[] = {python.lt, python.le, python.eq, python.ne, python.gt, python.ge};
    return PyObject_CallFunctionObjArgs(methods[relation], x, y, NULL);
}

static int node_truth(PyObject *x)
{
    if (LIKELY(!is_watched())) return ((Node *)x)->data != 0.0;
    PyObject *out = PyObject_CallOneArg(python.truth, x);
    int truth = out ? PyObject_IsTrue(out) : -1;
    Py_XDECREF(out);
    return truth;
}

static Py_hash_t node_hash(PyObject *x) /* by identity */
{
    return (Py_hash_t)((uintptr_t)x >> 4);
}

/* The table's operations ------------------------------------------------------------------------
`Callable` is the base of Op. An operation of the table is given its function in C by `encode`, and
is called in a way that makes no tuple of its operands. A user's own is called as before. */

typedef struct {
    PyObject_HEAD
    vectorcallfunc call; /* NULL for an operation in Python */
    const void *code;    /* its entry in FIXED or VARIADIC */
    unsigned rules;      /* which operands have a rule; the others must be plain numbers */
} Callable;

enum { MOST = 4 }; /* operands of an operation that has a fixed number of them */

static PyTypeObject *callable_type;
static PyObject *call_name; /* "__call__" */

/* Call a function of Python's with these arguments after `self`. */
static PyObject *call_with(PyObject *function, PyObject *self, PyObject *const *args, size_t flags,
                           PyObject *names)
{
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    Py_ssize_t total = count + (names ? PyTuple_GET_SIZE(names) : 0);
    PyObject *few[8], **all = few;
    if (total > 7 && !(all = PyMem_Malloc((total + 1) * sizeof *all))) return PyErr_NoMemory();
    all[0] = self;
    if (total) memcpy(all + 1, args, total * sizeof *all);
    PyObject *out = PyObject_Vectorcall(function, all, count + 1, names);
    if (all != few) PyMem_Free(all);
    return out;
}

/* What the operation does in Python. */
static PyObject *call_python(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    PyObject *function = PyObject_GetAttr((PyObject *)Py_TYPE(self), call_name);
    PyObject *out = function ? call_with(function, self, args, flags, names) : NULL;
    Py_XDECREF(function);
    return out;
}

static PyObject *call_fixed(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    const Fixed *code = ((Callable *)self)->code;
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    double x[MOST] = {0.0}, partials[MOST] = {0.0}, out;
    unsigned wanted = 0;
    if (UNLIKELY(count != code->operands || names)) goto rare;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (is_node(args[i])) {
            x[i] = ((Node *)args[i])->data;
            wanted |= 1u << i;
        }
        else if (PyFloat_CheckExact(args[i])) x[i] = PyFloat_AS_DOUBLE(args[i]);
        else goto rare;
    }
    if (UNLIKELY(wanted & ~((Callable *)self)->rules)) goto rare;
    unsigned present = code->apply(x, wanted, &out, partials) & wanted;
    if (!wanted) return PyFloat_FromDouble(out);
    if (count <= 2)
        return shown(recorded(self, present, out, args[0], partials[0],
                              count == 2 ? args[1] : NULL, partials[1]));
    Many *m = block(count);
    if (!m) return NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        m->x[i] = Py_NewRef(args[i]);
        partials_of(m)[i] = partials[i];
        present_of(m)[i] = present >> i & 1;
    }
    return shown(recorded_many(self, out, m));
rare:
    return call_python(self, args, flags, names);
}

static PyObject *call_variadic(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    const Variadic *code = ((Callable *)self)->code;
    if (PyVectorcall_NARGS(flags) != 1 || names
        || !(PyList_CheckExact(args[0]) || PyTuple_CheckExact(args[0])))
        return call_python(self, args, flags, names);
    Py_ssize_t count = PySequence_Fast_GET_SIZE(args[0]), nodes = 0, i = 0;
    PyObject **items = PySequence_Fast_ITEMS(args[0]);
    double few[64], *x = count > 64 ? PyMem_Malloc(count * sizeof *x) : few, out;
    if (!x) return PyErr_NoMemory();
    Many *m = block(count);
    for (; m && i < count; i++) {
        if (is_node(items[i])) {
            x[i] = ((Node *)items[i])->data;
            nodes++;
        }
        else if (PyFloat_CheckExact(items[i])) x[i] = PyFloat_AS_DOUBLE(items[i]);
        else break;
    }
    int is_rare = m && (i < count || !nodes || code->apply(x, count, &out, partials_of(m), present_of(m)));
    if (x != few) PyMem_Free(x);
    if (!m) return NULL;
    if (is_rare) {
        PyMem_Free(m);
        return call_python(self, args, flags, names);
    }
    for (i = 0; i < count; i++) {
        m->x[i] = Py_NewRef(items[i]);
        if (!is_node(items[i])) present_of(m)[i] = 0;
    }
    return shown(recorded_many(self, out, m));
}

/* encode(op, name, rules): give an operation of the table its function in C, if there is one. */
static PyObject *encode(PyObject *module, PyObject *args)
{
    Callable *op;
    const char *name;
    unsigned rules;
    if (!PyArg_ParseTuple(args, "O!sI", callable_type, &op, &name, &rules)) return NULL;
    op->rules = rules;
    for (int i = 0; i < (int)FIXED_COUNT; i++)
        if (strcmp(FIXED[i].name, name) == 0 && FIXED[i].operands <= MOST) {
            op->code = &FIXED[i];
            op->call = call_fixed;
        }
    for (int i = 0; i < (int)VARIADIC_COUNT; i++)
        if (strcmp(VARIADIC[i].name, name) == 0) {
            op->code = &VARIADIC[i];
            op->call = call_variadic;
        }
    return PyBool_FromLong(op->call != NULL);
}

/* An operation whose function or rules somebody changes is no longer the one that is in C. */
static int callable_setattr(PyObject *self, PyObject *name, PyObject *value)
{
    if (PyUnicode_CompareWithASCIIString(name, "rules") == 0
        || PyUnicode_CompareWithASCIIString(name, "forward") == 0)
        ((Callable *)self)->call = NULL;
    return PyObject_GenericSetAttr(self, name, value);
}

static PyMemberDef callable_members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(Callable, call), READONLY, NULL},
    {NULL}};
static PyType_Slot callable_slots[] = {
    {Py_tp_members, callable_members}, {Py_tp_setattro, callable_setattr}, {0, NULL}};
static PyType_Spec callable_spec = {
    "autograd.core._core.Callable", sizeof(Callable), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, callable_slots};

/* empower(kind, is_method): calls of this subclass of Callable go to `call`, where it is set. Such
a class has the flags no longer once it has a __call__ in Python, which ours have for rare cases. */
static PyObject *empower(PyObject *module, PyObject *args)
{
    PyTypeObject *kind;
    int is_method;
    if (!PyArg_ParseTuple(args, "O!p", &PyType_Type, &kind, &is_method)) return NULL;
    kind->tp_vectorcall_offset = offsetof(Callable, call);
    kind->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL | (is_method ? Py_TPFLAGS_METHOD_DESCRIPTOR : 0);
    PyType_Modified(kind);
    Py_RETURN_NONE;
}

/* dot(xs, ys, start): ops.dot, for lists and tuples of Values and floats; else NotImplemented. */
static PyObject *dot(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (nargs != 3) Py_RETURN_NOTIMPLEMENTED;
    for (int i = 0; i < 2; i++)
        if (!PyList_CheckExact(args[i]) && !PyTuple_CheckExact(args[i])) Py_RETURN_NOTIMPLEMENTED;
    Py_ssize_t size = PySequence_Fast_GET_SIZE(args[0]), nodes = 0;
    if (size != PySequence_Fast_GET_SIZE(args[1])) Py_RETURN_NOTIMPLEMENTED;
    PyObject **xs = PySequence_Fast_ITEMS(args[0]), **ys = PySequence_Fast_ITEMS(args[1]);
    PyObject *start = args[2];
    double total;
    if (is_node(start)) total = ((Node *)start)->data;
    else if (PyFloat_CheckExact(start)) total = PyFloat_AS_DOUBLE(start);
    else Py_RETURN_NOTIMPLEMENTED;
    int ends = is_node(start) || total != 0.0;
    if (!ends) total = 0.0; /* and not -0.0 */
    Many *m = block(2 * size + ends);
    if (!m) return NULL;
    double *partials = partials_of(m);
    unsigned char *present = present_of(m);
    for (Py_ssize_t i = 0; i < size; i++) {
        PyObject *x = xs[i], *y = ys[i];
        int x_is = is_node(x), y_is = is_node(y);
        if ((!x_is && !PyFloat_CheckExact(x)) || (!y_is && !PyFloat_CheckExact(y))) goto rare;
        double a = x_is ? ((Node *)x)->data : PyFloat_AS_DOUBLE(x);
        double b = y_is ? ((Node *)y)->data : PyFloat_AS_DOUBLE(y);
        total += a * b;
        nodes += x_is + y_is;
        m->x[i] = x;
        m->x[size + i] = y;
        partials[i] = b;
        partials[size + i] = a;
        present[i] = (unsigned char)x_is;
        present[size + i] = (unsigned char)y_is;
    }
    if (ends) {
        m->x[2 * size] = start;
        partials[2 * size] = 1.0;
        nodes += present[2 * size] = (unsigned char)is_node(start);
    }
    if (!nodes) goto rare;
    for (Py_ssize_t i = 0; i < m->count; i++) Py_INCREF(m->x[i]);
    return shown(recorded_many(python.dot_product, total, m));
rare:
    PyMem_Free(m);
    Py_RETURN_NOTIMPLEMENTED;
}

/* Walks -----------------------------------------------------------------------------------------
As in graph.py. A walk in C runs no Python code, so nothing can come between: what it takes away
from marks is given up when it has ended. Each takes new odd numbers for its marks, so that what
earlier ones left means nothing. */

static uintptr_t stamps = 1;

typedef struct { void **at; Py_ssize_t count, room; } Stack;

typedef struct {
    Stack order;   /* nodes, operands before results */
    Stack path;    /* nodes with more operands to try, each with the place of the next */
    Stack dropped; /* objects that were marks */
} Walk;

static int grow(Stack *s)
{
    Py_ssize_t room = s->room ? 2 * s->room : 256;
    void **at = (size_t)room > PY_SSIZE_T_MAX / sizeof *at
        ? NULL : PyMem_RawRealloc(s->at, room * sizeof *at);
    if (!at) {
        PyErr_NoMemory();
        return -1;
    }
    s->at = at;
    s->room = room;
    return 0;
}

static inline int push(Stack *s, void *item)
{
    if (UNLIKELY(s->count == s->room) && grow(s)) return -1;
    s->at[s->count++] = item;
    return 0;
}

static void end(Walk *w)
{
    PyMem_RawFree(w->order.at);
    PyMem_RawFree(w->path.at);
    while (w->dropped.count) Py_DECREF((PyObject *)w->dropped.at[--w->dropped.count]);
    PyMem_RawFree(w->dropped.at);
}

static inline int set_mark(Walk *w, Node *n, void *mark)
{
    if (UNLIKELY(is_object(n->mark)) && push(&w->dropped, n->mark)) return -1;
    if (UNLIKELY(is_object(mark))) Py_INCREF((PyObject *)mark);
    n->mark = mark;
    return 0;
}

/* A node that a walk comes to soon: to ask the memory for it now makes `backward` 1.4 times as fast. */
static inline void soon(void *n)
{
    PREFETCH((char *)n);
    PREFETCH((char *)n + 64);
}

/* Append what a root was computed from, and the root: graph.sort. */
static int sort_from(Walk *w, Node *n, void *stamp)
{
    Py_ssize_t i = 0, count;
    if (n->mark == stamp) return 0;
    if (set_mark(w, n, stamp)) return -1;
    for (;;) {
        PyObject **operands = operands_of(n, &count);
        Node *next = NULL;
        if (i == 0) soon(n->y);
        while (i < count) {
            Node *x = (Node *)operands[i++];
            if (!x || !is_node((PyObject *)x) || x->mark == stamp) continue;
            if (set_mark(w, x, stamp)) return -1;
            if (!is_leaf(x)) {
                next = x;
                break;
            }
            if (push(&w->order, x)) return -1;
        }
        if (next) {
            if (push(&w->path, n) || push(&w->path, (void *)i)) return -1;
            n = next;
            i = 0;
            continue;
        }
        if (push(&w->order, n)) return -1;
        if (!w->path.count) return 0;
        i = (Py_ssize_t)w->path.at[--w->path.count];
        n = w->path.at[--w->path.count];
    }
}

/* sort(roots, stamp): graph.sort. */
static PyObject *sort(PyObject *module, PyObject *args, PyObject *named)
{
    static char *names[] = {"roots", "stamp", NULL};
    PyObject *roots, *stamp, *out = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, named, "OO:sort", names, &roots, &stamp)) return NULL;
    if (!(roots = PySequence_Tuple(roots))) return NULL;
    Walk w = {{0}, {0}, {0}};
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(roots); i++) {
        PyObject *root = PyTuple_GET_ITEM(roots, i);
        if (!is_node(root)) {
            PyErr_Format(PyExc_TypeError, "sort: expected Values, got %.100s", Py_TYPE(root)->tp_name);
            goto done;
        }
        if (sort_from(&w, (Node *)root, stamp)) goto done;
    }
    if ((out = collecting_nothing(PyList_New, w.order.count)))
        for (Py_ssize_t i = 0; i < w.order.count; i++)
            PyList_SET_ITEM(out, i, Py_NewRef((PyObject *)w.order.at[i]));
done:
    end(&w);
    Py_DECREF(roots);
    return out;
}

/* Call send(operand, partial) for every edge of a node that something flows along. */
#define FOR_EACH_EDGE(n, send) do { \
        if ((n)->op & DX) send((Node *)(n)->x, (n)->first.dx); \
        if ((n)->op & DY) send((Node *)(n)->y, (n)->second.dy); \
        if (UNLIKELY((n)->op & MANY)) { \
            Many *m_ = many_of(n); \
            for (Py_ssize_t i_ = 0; i_ < m_->count; i_++) \
                if (present_of(m_)[i_]) send((Node *)m_->x[i_], partials_of(m_)[i_]); \
        } \
    } while (0)

/* backward(node, seed): Value.backward, whose adjoints gather in place: in the gradients of nodes,
which begin anew, and beside those of leaves, which go on. False if it must be done in Python. */
static PyObject *backward(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    double seed;
    if (nargs != 2 || !is_node(args[0]) || !as_double(args[1], &seed) || walking || is_watched())
        Py_RETURN_FALSE;
    Walk w = {{0}, {0}, {0}};
    Node *root = (Node *)args[0];
    void *seen = (void *)(stamps += 2), *reached = (void *)(stamps += 2);
    if (sort_from(&w, root, seen)) {
        end(&w);
        return NULL;
    }
    *(is_leaf(root) ? &root->second.adjoint : &root->grad) = seed;
    root->mark = reached;
    for (Py_ssize_t at = w.order.count; at--;) {
        Node *n = w.order.at[at];
        if (at >= 8) soon(w.order.at[at - 8]);
        if (n->mark != reached) {
            if (!is_leaf(n)) n->grad = 0.0;
            continue;
        }
        if (is_leaf(n)) {
            n->grad += n->second.adjoint;
            continue;
        }
        double adjoint = n->grad;
        if (adjoint == 0.0) n->grad = 0.0; /* and not -0.0 */
#define SEND(node, partial) do { \
            Node *to = (node); \
            double *total = is_leaf(to) ? &to->second.adjoint : &to->grad; \
            *total = to->mark == reached ? *total + adjoint * (partial) : adjoint * (partial); \
            to->mark = reached; \
        } while (0)
        FOR_EACH_EDGE(n, SEND);
#undef SEND
    }
    end(&w);
    Py_RETURN_TRUE;
}

/* The adjoints of the last walk in numbers. The mark of a node says where its own stands;
Python reads it as a float: `get_mark`. */
static struct {
    double *number;
    unsigned char *reached;
    uintptr_t base; /* the mark of the first node */
    Py_ssize_t count, room;
} last;

static inline Py_ssize_t place_of(Node *n) /* or -1 */
{
    uintptr_t mark = (uintptr_t)n->mark;
    return mark & 1 && mark >= last.base && (mark - last.base) / 2 < (uintptr_t)last.count
        ? (Py_ssize_t)((mark - last.base) / 2) : -1;
}

/* A place for a node that had none; -1 without memory. */
static Py_ssize_t new_place(Walk *w, Node *n)
{
    if (last.count == last.room) {
        Py_ssize_t room = last.room ? 2 * last.room : 256;
        double *number = PyMem_RawRealloc(last.number, room * sizeof *number);
        if (number) last.number = number;
        unsigned char *reached = number ? PyMem_RawRealloc(last.reached, room) : NULL;
        if (!reached) {
            PyErr_NoMemory();
            return -1;
        }
        last.reached = reached;
        last.room = room;
    }
    if (set_mark(w, n, (void *)(last.base + 2 * (uintptr_t)last.count))) return -1;
    last.reached[last.count] = 0;
    stamps = (uintptr_t)n->mark;
    return last.count++;
}

/* Add to what has arrived at a node. One beyond the order is a variable, and begins with nothing. */
static inline int arrive(Walk *w, Node *n, double term)
{
    Py_ssize_t i = place_of(n);
    if (UNLIKELY(i < 0) && (i = new_place(w, n)) < 0) return -1;
    last.number[i] = last.reached[i] ? last.number[i] + term : term;
    last.reached[i] = 1;
    return 0;
}

static void forget_numbers(void)
{
    PyMem_RawFree(last.number);
    PyMem_RawFree(last.reached);
    memset(&last, 0, sizeof last);
}

/* Send the adjoint of each node on to its operands, from results to leaves. */
static int send_back(Walk *w, PyObject **nodes, Py_ssize_t count)
{
    while (count--) {
        Node *n = (Node *)nodes[count];
        Py_ssize_t i = place_of(n);
        if (!last.reached[i]) continue;
        double adjoint = last.number[i];
#define SEND(node, partial) do { if (arrive(w, (node), adjoint * (partial))) return -1; } while (0)
        FOR_EACH_EDGE(n, SEND);
#undef SEND
    }
    return 0;
}

/* walk_back(order, seeds): graph.walk_back. */
static PyObject *walk_back(PyObject *module, PyObject *args)
{
    PyObject *order, *seeds, *done = NULL;
    if (!PyArg_ParseTuple(args, "OO", &order, &seeds)) return NULL;
    if (!(order = PySequence_Fast(order, "walk_back: the order must be a sequence"))) return NULL;
    if (!(seeds = PySequence_Tuple(seeds))) { /* a generator runs now, and not in the walk */
        Py_DECREF(order);
        return NULL;
    }
    Walk w = {{0}, {0}, {0}};
    PyObject **nodes = PySequence_Fast_ITEMS(order);
    Py_ssize_t count = PySequence_Fast_GET_SIZE(order);
    forget_numbers();
    last.base = stamps + 2;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!is_node(nodes[i])) {
            PyErr_SetString(PyExc_TypeError, "walk_back: the order must consist of Values");
            goto end;
        }
        if (new_place(&w, (Node *)nodes[i]) < 0) goto end;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(seeds); i++) {
        PyObject *pair = PyTuple_GET_ITEM(seeds, i);
        double seed;
        if (!PyTuple_CheckExact(pair) || PyTuple_GET_SIZE(pair) != 2
            || !is_node(PyTuple_GET_ITEM(pair, 0)) || !as_double(PyTuple_GET_ITEM(pair, 1), &seed)) {
            PyErr_SetString(PyExc_TypeError, "walk_back: a seed is a Value and a float");
            goto end;
        }
        if (arrive(&w, (Node *)PyTuple_GET_ITEM(pair, 0), seed)) goto end;
    }
    if (!send_back(&w, nodes, count)) done = Py_NewRef(Py_None);
end:
    end(&w);
    Py_DECREF(order);
    Py_DECREF(seeds);
    return done;
}

/* The lock of graph.py, by which `backward` knows that a walk in Python is under way. It is in C, for a
signal handler may run between any two lines of Python, and so between the lock and `walking`. To leave
it takes no memory, which there may be none of. */
static PyObject *rlock_acquire, *rlock_release; /* of threading.RLock, its base */

static PyObject *lock_enter(PyObject *self, PyObject *nothing)
{
    PyObject *locked = PyObject_CallOneArg(rlock_acquire, self);
    if (locked) walking = 1;
    return locked;
}

static PyObject *lock_exit(PyObject *self, PyObject *const *error, Py_ssize_t count)
{
    walking = 0;
    forget_numbers();
    return PyObject_CallOneArg(rlock_release, self);
}

static PyMethodDef lock_methods[] = {
    {"__enter__", lock_enter, METH_NOARGS, NULL},
    {"__exit__", (PyCFunction)(void (*)(void))lock_exit, METH_FASTCALL, NULL},
    {NULL}};
static PyType_Slot lock_slots[] = {{Py_tp_methods, lock_methods}, {0, NULL}};
static PyType_Spec lock_spec = {
    "autograd.core._core.Lock", 0, 0, Py_TPFLAGS_DEFAULT, lock_slots}; /* a threading.RLock */

/* What Python sees of a node --------------------------------------------------------------------
The slots of record.Node, and .data and .grad. */

static PyObject *or_none(PyObject *o) { return Py_NewRef(o ? o : Py_None); }


/* A number of a node, and the property in Python that has the rare cases, for .data and .grad. */
typedef struct { size_t at; PyObject **property; } Number;
static Number DATA = {offsetof(Node, data), &python.data}, GRAD = {offsetof(Node, grad), &python.grad};
static Number RAW_DATA = {offsetof(Node, data), NULL}, RAW_GRAD = {offsetof(Node, grad), NULL};

static PyObject *get_number(PyObject *self, void *closure)
{
    Number *number = closure;
    if (number->property && UNLIKELY(is_watched())) {
        PyObject *property = *number->property;
        return Py_TYPE(property)->tp_descr_get(property, self, (PyObject *)V);
    }
    return PyFloat_FromDouble(*(double *)((char *)self + number->at));
}

static int set_number(PyObject *self, PyObject *given, void *closure)
{
    Number *number = closure;
    if (given && !(number->property && is_watched())
        && as_double(given, (double *)((char *)self + number->at)))
        return 0;
    if (number->property) {
        PyObject *property = *number->property;
        return Py_TYPE(property)->tp_descr_set(property, self, given);
    }
    PyErr_SetString(PyExc_TypeError, "_data and _grad are floats");
    return -1;
}

static PyObject *get_mark(PyObject *self, void *closure)
{
    Node *n = (Node *)self;
    if (is_object(n->mark)) return Py_NewRef((PyObject *)n->mark);
    Py_ssize_t i = place_of(n);
    if (i >= 0 && last.reached[i]) return PyFloat_FromDouble(last.number[i]);
    Py_RETURN_NONE;
}

static int set_mark_to(PyObject *self, PyObject *given, void *closure)
{
    Node *n = (Node *)self;
    void *before = n->mark;
    n->mark = given == Py_None ? NULL : Py_XNewRef(given);
    if (is_object(before)) Py_DECREF((PyObject *)before);
    return 0;
}

static PyObject *get_birth(PyObject *self, void *closure)
{
    Node *n = (Node *)self;
    if (is_leaf(n)) return PyLong_FromLongLong(n->first.birth);
    PyErr_SetString(PyExc_AttributeError, "_birth");
    return NULL;
}

/* A new float, or None where there is no number. */
static PyObject *number_if(int is_there, double number)
{
    return is_there ? PyFloat_FromDouble(number) : Py_NewRef(Py_None);
}

/* The operands of a node as a tuple. */
static PyObject *operands_tuple(Node *n)
{
    Py_ssize_t count;
    PyObject **operands = operands_of(n, &count);
    if (!(n->op & MANY)) count = n->y ? 2 : n->x ? 1 : 0;
    PyObject *out = collecting_nothing(PyTuple_New, count);
    for (Py_ssize_t i = 0; out && i < count; i++) PyTuple_SET_ITEM(out, i, Py_NewRef(operands[i]));
    return out;
}

/* The partials of a node as a tuple. */
static PyObject *partials_tuple(Node *n)
{
    Many *m = n->op & MANY ? many_of(n) : NULL;
    Py_ssize_t count = m ? m->count : n->y ? 2 : n->x ? 1 : 0;
    PyObject *out = collecting_nothing(PyTuple_New, count);
    for (Py_ssize_t i = 0; out && i < count; i++) {
        PyObject *partial = m ? number_if(present_of(m)[i], partials_of(m)[i])
                          : i ? number_if(n->op & DY, n->second.dy)
                              : number_if(n->op & DX, n->first.dx);
        if (!partial) Py_CLEAR(out);
        else PyTuple_SET_ITEM(out, i, partial);
    }
    return out;
}

static PyObject *get_origin(PyObject *self, void *closure) { return or_none(op_of((Node *)self)); }
static PyObject *get_x(PyObject *self, void *closure) { return or_none(((Node *)self)->x); }
static PyObject *get_dx(PyObject *self, void *closure)
{
    Node *n = (Node *)self;
    return number_if(n->op & DX, n->first.dx);
}
static PyObject *get_y(PyObject *self, void *closure)
{
    Node *n = (Node *)self;
    return n->op & MANY ? operands_tuple(n) : or_none(n->y);
}
static PyObject *get_dy(PyObject *self, void *closure)
{
    Node *n = (Node *)self;
    return n->op & MANY ? partials_tuple(n) : number_if(n->op & DY, n->second.dy);
}

static PyGetSetDef node_getset[] = {
    {"_data", get_number, set_number, NULL, &RAW_DATA},
    {"_grad", get_number, set_number, NULL, &RAW_GRAD},
    {"_mark", get_mark, set_mark_to, NULL, NULL},
    {"_birth", get_birth, NULL, NULL, NULL},
    {"_origin", get_origin, NULL, NULL, NULL},
    {"_x", get_x, NULL, NULL, NULL},
    {"_y", get_y, NULL, NULL, NULL},
    {"_dx", get_dx, NULL, NULL, NULL},
    {"_dy", get_dy, NULL, NULL, NULL},
    {NULL}};
static PyMemberDef node_members[] = {
    {"_label", T_OBJECT_EX, offsetof(Node, label), 0, NULL},
    {NULL}};

static PyGetSetDef value_getset[] = { /* their docstrings are those of the properties: `adopt` */
    {"data", get_number, set_number, NULL, &DATA},
    {"grad", get_number, set_number, NULL, &GRAD},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL}};
static PyMemberDef value_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(Node, dict), READONLY, NULL},
    {NULL}};

/* Construction ----------------------------------------------------------------------------------
Value(data), and the functions of record.py that make nodes. */

static PyObject *value_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    return (PyObject *)leaf(0.0);
}

/* Value(data, label=""), without a tuple or a dictionary on the way. */
static PyObject *value_call(PyObject *type, PyObject *const *args, size_t flags, PyObject *names)
{
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    Node *n = leaf(0.0);
    if (!n || (count == 1 && !names && as_double(args[0], &n->data))) return (PyObject *)n;
    PyObject *done = call_with(python.init, (PyObject *)n, args, flags, names);
    if (!done) Py_CLEAR(n);
    Py_XDECREF(done);
    return (PyObject *)n;
}

static int refuse(const char *what)
{
    PyErr_Format(PyExc_TypeError, "%s: a record is made of Values, floats and None", what);
    return -1;
}

/* A partial, which only a Value among the operands may have: 1, 0 where it is None, or -1. */
static int partial_of(PyObject *x, PyObject *partial, double *to)
{
    *to = 0.0;
    if (partial == Py_None) return 0;
    if (!is_node(x) || !PyFloat_CheckExact(partial)) return refuse("partial");
    *to = PyFloat_AS_DOUBLE(partial);
    return 1;
}

static int is_operand(PyObject *x) { return is_node(x) || PyFloat_CheckExact(x); }

/* A node with these operands, which are exact tuples of one length, and partials. */
static Node *node_of_tuples(PyObject *op, double data, PyObject *operands, PyObject *partials)
{
    if (!PyTuple_CheckExact(operands) || !PyTuple_CheckExact(partials)
        || PyTuple_GET_SIZE(operands) != PyTuple_GET_SIZE(partials)) {
        refuse("operands");
        return NULL;
    }
    Many *m = block(PyTuple_GET_SIZE(operands));
    if (!m) return NULL;
    for (Py_ssize_t i = 0; i < m->count; i++) {
        PyObject *x = m->x[i] = PyTuple_GET_ITEM(operands, i);
        int is = is_operand(x)
            ? partial_of(x, PyTuple_GET_ITEM(partials, i), &partials_of(m)[i]) : refuse("operand");
        if (is < 0) {
            PyMem_Free(m);
            return NULL;
        }
        present_of(m)[i] = (unsigned char)is;
    }
    for (Py_ssize_t i = 0; i < m->count; i++) Py_INCREF(m->x[i]);
    return recorded_many(op, data, m);
}

/* node(kind, op, data, x, dx, y=None, dy=None): record.node. */
static PyObject *node(PyObject *module, PyObject *args)
{
    PyObject *kind, *op, *x, *dx, *y = Py_None, *dy = Py_None;
    double data, partials[2] = {0.0, 0.0};
    int has_x, has_y = 0;
    if (!PyArg_ParseTuple(args, "OOdOO|OO:node", &kind, &op, &data, &x, &dx, &y, &dy)) return NULL;
    if (kind != (PyObject *)V || op == Py_None) return refuse("node"), NULL;
    if (PyTuple_CheckExact(y)) return shown(node_of_tuples(op, data, y, dy));
    if (!is_operand(x) || !(y == Py_None || is_operand(y))) return refuse("node"), NULL;
    if ((has_x = partial_of(x, dx, &partials[0])) < 0) return NULL;
    if ((has_y = partial_of(y, dy, &partials[1])) < 0) return NULL;
    return shown(recorded(op, (has_x ? DX : 0) | (has_y ? DY : 0), data, x, partials[0],
                          y == Py_None ? NULL : y, partials[1]));
}

/* leaf(kind, data): record.leaf. */
static PyObject *leaf_(PyObject *module, PyObject *args)
{
    PyObject *kind;
    double data;
    if (!PyArg_ParseTuple(args, "Od:leaf", &kind, &data)) return NULL;
    if (kind != (PyObject *)V) return refuse("leaf"), NULL;
    return (PyObject *)leaf(data);
}

/* make_leaf(node): record.make_leaf. */
static PyObject *make_leaf(PyObject *module, PyObject *o)
{
    if (!is_node(o)) return refuse("make_leaf"), NULL;
    return forget((Node *)o) ? NULL : Py_NewRef(o);
}

/* edges_of(node): record.edges_of. */
static PyObject *edges_of(PyObject *module, PyObject *o)
{
    if (!is_node(o)) return refuse("edges_of"), NULL;
    PyObject *operands = operands_tuple((Node *)o), *partials = partials_tuple((Node *)o);
    if (operands && partials) return Py_BuildValue("(NN)", operands, partials);
    Py_XDECREF(operands);
    Py_XDECREF(partials);
    return NULL;
}

/* birth(): the next number of record.births. */
static PyObject *birth(PyObject *module, PyObject *nothing)
{
    return PyLong_FromLongLong(births++);
}

/* Many Values at once ---------------------------------------------------------------------------
What many.py does between a list of Values and a buffer of as many doubles. */

/* Each gives NotImplemented where Python must look. */
static PyObject *left_to_python(void)
{
    PyErr_Clear();
    Py_RETURN_NOTIMPLEMENTED;
}

/* What to do with the number at a place in each node and its number in the row. */
enum { GATHER, SCATTER, ADD };

/* f(values, row, factor=1.0), where `values` is a list or tuple of nodes. */
static PyObject *row(PyObject *args, size_t at, int action)
{
    PyObject *list, *row;
    double factor = 1.0;
    Py_buffer buffer;
    if (!PyArg_ParseTuple(args, "OO|d", &list, &row, &factor) || flag->watched
        || !(PyList_CheckExact(list) || PyTuple_CheckExact(list))
        || PyObject_GetBuffer(row, &buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT
                              | (action == GATHER ? PyBUF_WRITABLE : 0)))
        return left_to_python();
    PyObject **values = PySequence_Fast_ITEMS(list);
    Py_ssize_t size = PySequence_Fast_GET_SIZE(list);
    double *numbers = buffer.buf;
    int is = buffer.format && strcmp(buffer.format, "d") == 0
        && buffer.len == size * (Py_ssize_t)sizeof(double);
    for (Py_ssize_t i = 0; action == ADD && is && i < size; i++) is = is_node(values[i]);
    for (Py_ssize_t i = 0; is && i < size; i++) {
        if (!(is = is_node(values[i]))) break; /* Python does it again, but must not add again */
        double *number = (double *)((char *)values[i] + at);
        if (action == GATHER) numbers[i] = *number;
        else if (action == SCATTER) *number = numbers[i];
        else *number += factor * numbers[i];
    }
    PyBuffer_Release(&buffer);
    return is ? Py_NewRef(Py_None) : left_to_python();
}

#define ROW(name, field, action) \
    static PyObject *name(PyObject *module, PyObject *args) \
    { \
        return row(args, offsetof(Node, field), action); \
    }
ROW(gather, data, GATHER)
ROW(gather_grads, grad, GATHER)
ROW(scatter, data, SCATTER)
ROW(scatter_grads, grad, SCATTER)
ROW(add_to_grads, grad, ADD)

/* node_on(values, op, row, absent=[]): many.node_on. */
static PyObject *node_on(PyObject *module, PyObject *args)
{
    PyObject *values, *op, *numbers, *absent = NULL;
    Py_buffer row;
    if (!PyArg_ParseTuple(args, "OOO|O!", &values, &op, &numbers, &PyList_Type, &absent)
        || !PyTuple_CheckExact(values)
        || PyObject_GetBuffer(numbers, &row, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT))
        return left_to_python();
    Py_ssize_t count = PyTuple_GET_SIZE(values);
    int is = op != Py_None && strcmp(row.format, "d") == 0
        && row.len == (count + 1) * (Py_ssize_t)sizeof(double);
    for (Py_ssize_t i = 0; is && i < count; i++) is = is_node(PyTuple_GET_ITEM(values, i));
    for (Py_ssize_t i = 0; is && absent && i < PyList_GET_SIZE(absent); i++) {
        double place;
        is = as_double(PyList_GET_ITEM(absent, i), &place) && 1 <= place && place <= count;
    }
    Many *m = is ? block(count) : NULL;
    if (m) {
        for (Py_ssize_t i = 0; i < count; i++) m->x[i] = Py_NewRef(PyTuple_GET_ITEM(values, i));
        memcpy(partials_of(m), (double *)row.buf + 1, count * sizeof(double));
        memset(present_of(m), 1, count);
        for (Py_ssize_t i = 0; absent && i < PyList_GET_SIZE(absent); i++) {
            double place = 0.0;
            as_double(PyList_GET_ITEM(absent, i), &place);
            present_of(m)[(Py_ssize_t)place - 1] = 0;
        }
    }
    double data = is ? *(double *)row.buf : 0.0;
    PyBuffer_Release(&row);
    return m ? shown(recorded_many(op, data, m)) : is ? NULL : left_to_python();
}

static PyObject *first_lost(PyObject *module, PyObject *numbers)
{
    Py_buffer row;
    if (PyObject_GetBuffer(numbers, &row, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)) return left_to_python();
    Py_ssize_t i = 0, size = row.len / (Py_ssize_t)sizeof(double);
    int is = row.format && strcmp(row.format, "d") == 0;
    while (is && i < size && isfinite(((double *)row.buf)[i])) i++;
    PyBuffer_Release(&row);
    if (!is) return left_to_python();
    return i < size ? PyLong_FromSsize_t(i) : Py_NewRef(Py_None);
}

static PyObject *same_objects(PyObject *module, PyObject *args)
{
    PyObject *list, *kept;
    if (!PyArg_ParseTuple(args, "OO", &list, &kept)
        || !(PyList_CheckExact(list) || PyTuple_CheckExact(list))
        || !(PyList_CheckExact(kept) || PyTuple_CheckExact(kept)))
        return left_to_python();
    Py_ssize_t count = PySequence_Fast_GET_SIZE(list);
    if (count != PySequence_Fast_GET_SIZE(kept)) Py_RETURN_FALSE;
    size_t size = count * sizeof(PyObject *); /* where it is 0 there may be no items to compare */
    return PyBool_FromLong(!size || memcmp(PySequence_Fast_ITEMS(list), PySequence_Fast_ITEMS(kept),
                                           size) == 0);
}

static PyObject *same_lists(PyObject *module, PyObject *args)
{
    PyObject *lists, *sizes, *items;
    if (!PyArg_ParseTuple(args, "OOO", &lists, &sizes, &items)
        || !PyTuple_CheckExact(lists) || !PyTuple_CheckExact(sizes) || !PyTuple_CheckExact(items)
        || PyTuple_GET_SIZE(lists) != PyTuple_GET_SIZE(sizes))
        return left_to_python();
    PyObject **kept = PySequence_Fast_ITEMS(items), **end = kept + PyTuple_GET_SIZE(items);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(lists); i++) {
        PyObject *list = PyTuple_GET_ITEM(lists, i);
        if (!PyList_CheckExact(list)) return left_to_python();
        Py_ssize_t count = PyList_GET_SIZE(list);
        if (count != PyLong_AsSsize_t(PyTuple_GET_ITEM(sizes, i)) || count > end - kept) {
            if (PyErr_Occurred()) return NULL;
            Py_RETURN_FALSE;
        }
        if (memcmp(PySequence_Fast_ITEMS(list), kept, count * sizeof(PyObject *)) != 0) Py_RETURN_FALSE;
        kept += count;
    }
    Py_RETURN_TRUE;
}

static PyObject *same_types(PyObject *module, PyObject *args)
{
    PyObject *objects, *kept;
    if (!PyArg_ParseTuple(args, "OO", &objects, &kept)
        || !PyTuple_CheckExact(objects) || !PyTuple_CheckExact(kept)
        || PyTuple_GET_SIZE(objects) != PyTuple_GET_SIZE(kept))
        return left_to_python();
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(objects); i++)
        if ((PyObject *)Py_TYPE(PyTuple_GET_ITEM(objects, i)) != PyTuple_GET_ITEM(kept, i))
            Py_RETURN_FALSE;
    Py_RETURN_TRUE;
}

/* Declared in a header of its own from Python 3.13 on. */
PyAPI_FUNC(int) _PyObject_GetMethod(PyObject *, PyObject *, PyObject **);

static PyObject *same_methods(PyObject *module, PyObject *args)
{
    PyObject *objects, *names, *kept;
    if (!PyArg_ParseTuple(args, "OOO", &objects, &names, &kept)
        || !PyTuple_CheckExact(objects) || !PyTuple_CheckExact(names) || !PyTuple_CheckExact(kept)
        || PyTuple_GET_SIZE(objects) != PyTuple_GET_SIZE(names)
        || PyTuple_GET_SIZE(objects) != PyTuple_GET_SIZE(kept))
        return left_to_python();
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(objects); i++) {
        PyObject *found = NULL; /* the function itself: to make a method of it takes twice as long */
        int is_method = _PyObject_GetMethod(PyTuple_GET_ITEM(objects, i), PyTuple_GET_ITEM(names, i), &found);
        if (!found) return NULL;
        PyObject *function = is_method ? found : NULL;
        if (PyMethod_Check(found)) function = PyMethod_GET_FUNCTION(found); /* from a __getattr__'s class */
        int same = function == PyTuple_GET_ITEM(kept, i);
        Py_DECREF(found);
        if (!same) Py_RETURN_FALSE;
    }
    Py_RETURN_TRUE;
}

/* The module ------------------------------------------------------------------------------------ */

static PyType_Slot node_slots[] = {
    {Py_tp_dealloc, node_dealloc}, {Py_tp_getset, node_getset}, {Py_tp_members, node_members},
    {0, NULL}};
static PyType_Spec node_spec = {
    "autograd.core.record.Node", sizeof(Node), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, node_slots};

static PyType_Slot value_slots[] = {
    {Py_tp_new, value_new}, {Py_tp_dealloc, node_dealloc},
    {Py_tp_getset, value_getset}, {Py_tp_members, value_members},
    {Py_nb_add, node_add}, {Py_nb_subtract, node_sub}, {Py_nb_multiply, node_mul},
    {Py_nb_true_divide, node_div}, {Py_nb_power, node_pow}, {Py_nb_negative, node_neg},
    {Py_nb_bool, node_truth}, {Py_tp_richcompare, node_compare}, {Py_tp_hash, node_hash},
    {0, NULL}};
static PyType_Spec value_spec = {
    "autograd.core.value.Value", sizeof(Node), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, value_slots};

static PyMemberDef flag_members[] = {
    {"watched", T_PYSSIZET, offsetof(Flag, watched), 0, NULL}, {NULL}};
static PyType_Slot flag_slots[] = {{Py_tp_members, flag_members}, {0, NULL}};
static PyType_Spec flag_spec = {
    "autograd.core._core.Flag", sizeof(Flag), 0, Py_TPFLAGS_DEFAULT, flag_slots};

/* adopt(names): what exchange.py lends to this file; the names are those of `python` above. */
static PyObject *adopt(PyObject *module, PyObject *names)
{
#define LENT(name) {#name, &python.name}
    struct { const char *name; PyObject **to; } lent[] = {
        LENT(observed), LENT(operand), LENT(init), LENT(data), LENT(grad), LENT(truth), LENT(lt),
        LENT(le), LENT(eq), LENT(ne), LENT(gt), LENT(ge), LENT(add), LENT(sub), LENT(mul), LENT(div),
        LENT(neg), LENT(pow), LENT(dot_product), LENT(MODE), LENT(Mode), LENT(Tape)};
#undef LENT
    for (size_t i = 0; i < sizeof lent / sizeof *lent; i++) {
        PyObject *o = PyMapping_GetItemString(names, lent[i].name);
        if (!o) return NULL;
        Py_XSETREF(*lent[i].to, o);
    }
#define PLACE(kind, name) {python.kind, #name, &slots.name}
    struct { PyObject *kind; const char *name; Py_ssize_t *to; } places[] = {
        PLACE(Mode, open), PLACE(Mode, recording), PLACE(Mode, observers), PLACE(Tape, entries)};
#undef PLACE
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        PyObject *slot = PyObject_GetAttrString(places[i].kind, places[i].name);
        if (!slot) return NULL;
        *places[i].to = ((PyMemberDescrObject *)slot)->d_member->offset;
        Py_DECREF(slot);
    }
    for (int i = 0; i < 2; i++) { /* the descriptors look at these each time they are asked */
        PyObject *doc = PyObject_GetAttrString(i ? python.grad : python.data, "__doc__");
        if (!doc || !(value_getset[i].doc = PyUnicode_AsUTF8(doc))) return NULL;
        /* not given up: the text is that of the string */
    }
    V->tp_vectorcall = value_call; /* now, for giving a class a method may take it away */
    Py_RETURN_NONE;
}

static PyObject *count_alive(PyObject *module, PyObject *nothing)
{
    return PyLong_FromSsize_t(alive);
}

static PyMethodDef methods[] = {
    {"adopt", adopt, METH_O, NULL},
    {"encode", encode, METH_VARARGS, NULL},
    {"empower", empower, METH_VARARGS, NULL},
    {"node", node, METH_VARARGS, NULL},
    {"leaf", leaf_, METH_VARARGS, NULL},
    {"make_leaf", make_leaf, METH_O, NULL},
    {"edges_of", edges_of, METH_O, NULL},
    {"birth", birth, METH_NOARGS, NULL},
    {"dot", (PyCFunction)(void (*)(void))dot, METH_FASTCALL, NULL},
    {"sort", (PyCFunction)(void (*)(void))sort, METH_VARARGS | METH_KEYWORDS, NULL},
    {"backward", (PyCFunction)(void (*)(void))backward, METH_FASTCALL, NULL},
    {"walk_back", walk_back, METH_VARARGS, NULL},
    {"gather", gather, METH_VARARGS, NULL},
    {"gather_grads", gather_grads, METH_VARARGS, NULL},
    {"scatter", scatter, METH_VARARGS, NULL},
    {"scatter_grads", scatter_grads, METH_VARARGS, NULL},
    {"add_to_grads", add_to_grads, METH_VARARGS, NULL},
    {"node_on", node_on, METH_VARARGS, NULL},
    {"first_lost", first_lost, METH_O, NULL},
    {"same_objects", same_objects, METH_VARARGS, NULL},
    {"same_lists", same_lists, METH_VARARGS, NULL},
    {"same_types", same_types, METH_VARARGS, NULL},
    {"same_methods", same_methods, METH_VARARGS, NULL},
    {"alive", count_alive, METH_NOARGS, "How many Values there are."},
    {NULL}};

/* Add a type to the module; a reference stays with us for ever. */
static PyTypeObject *add_type(PyObject *module, const char *name, PyType_Spec *spec, PyTypeObject *base)
{
    PyObject *type = PyType_FromSpecWithBases(spec, (PyObject *)base);
    if (type && PyModule_AddObjectRef(module, name, type)) Py_CLEAR(type);
    return (PyTypeObject *)type;
}

static int execute(PyObject *module)
{
#ifdef Py_GIL_DISABLED
    PyErr_SetString(PyExc_ImportError, "the compiled core needs the interpreter's lock");
    return -1;
#endif
    if (V) { /* its nodes, its memory and its types belong to the interpreter that came first */
        PyErr_SetString(PyExc_ImportError, "the compiled core serves one interpreter of a process, once");
        return -1;
    }
    PyTypeObject *node = add_type(module, "Node", &node_spec, &PyBaseObject_Type), *flags;
    if (!node || !(call_name = PyUnicode_InternFromString("__call__"))) return -1;
    if (!(callable_type = add_type(module, "Callable", &callable_spec, &PyBaseObject_Type))) return -1;
    if (!(flags = add_type(module, "Flag", &flag_spec, &PyBaseObject_Type))) return -1;
    if (!(flag = (Flag *)PyObject_CallNoArgs((PyObject *)flags))) return -1;
    if (PyModule_AddObjectRef(module, "FLAG", (PyObject *)flag)) return -1;
    PyObject *threads = PyImport_ImportModule("_thread");
    PyObject *rlock = threads ? PyObject_GetAttrString(threads, "RLock") : NULL;
    Py_XDECREF(threads);
    if (!rlock || !add_type(module, "Lock", &lock_spec, (PyTypeObject *)rlock)) return -1;
    if (!(rlock_acquire = PyObject_GetAttrString(rlock, "acquire"))) return -1;
    if (!(rlock_release = PyObject_GetAttrString(rlock, "release"))) return -1;
    if (!(V = add_type(module, "Value", &value_spec, node))) return -1;
    V->tp_name = "Value"; /* as in messages about a class of Python's */
    return PyModule_AddIntConstant(module, "SOURCES", SOURCES);
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, execute}, {0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "autograd.core._core", .m_methods = methods,
    .m_slots = module_slots};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&definition);
}
