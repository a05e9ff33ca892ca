/* The driver of the rules in _rules.h: it takes rows of numbers, and knows nothing of what they mean.

What is not as it expects, it leaves to Python: see nn/rules.py. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>

#include "_rules.h"

enum { COUNT = sizeof RULES / sizeof *RULES, MOST = 16 }; /* MOST: rows of a rule, and numbers */

static const Rule *rule_of(const char *name)
{
    for (int i = 0; i < COUNT; i++)
        if (strcmp(RULES[i].name, name) == 0) return &RULES[i];
    return NULL;
}

/* The numbers that a rule asks of its object; 0 if one of them is none, or not there. */
static int ask(const Rule *rule, PyObject *object, double *own)
{
    for (int i = 0; i < rule->asked; i++) {
        PyObject *number = PyObject_GetAttrString(object, rule->names[i]);
        if (!number) return 0;
        int is = PyFloat_CheckExact(number) || PyLong_Check(number); /* True is an int */
        if (is) own[i] = PyFloat_AsDouble(number);
        Py_DECREF(number);
        if (!is || PyErr_Occurred()) return 0;
    }
    return 1;
}

/* Apply a rule to rows, as many and as long as they should be; 0 if Python must do it. */
static int apply_to(const Rule *rule, Py_buffer *rows, int count, const double *own)
{
    double *numbers[MOST];
    if (count != rule->rows) return 0;
    for (int i = 0; i < count; i++) {
        if (strcmp(rows[i].format, "d") || rows[i].len != rows[0].len) return 0;
        numbers[i] = rows[i].buf;
    }
    lost = 0;
    rule->apply(rows[0].len / (Py_ssize_t)sizeof(double), numbers, own);
    return !lost;
}

/* apply(name, object, rows): apply a rule to a list of rows, in place. False if Python must do it;
what is in the rows then means nothing. */
static PyObject *apply(PyObject *module, PyObject *args)
{
    const char *name;
    PyObject *object, *list;
    double own[MOST];
    Py_buffer rows[MOST];
    int count = 0, done = 0;
    if (!PyArg_ParseTuple(args, "sOO!", &name, &object, &PyList_Type, &list)) return NULL;
    const Rule *rule = rule_of(name);
    if (!rule || rule->asked > MOST || PyList_GET_SIZE(list) > MOST || !ask(rule, object, own))
        goto end;
    while (count < PyList_GET_SIZE(list)) {
        if (PyObject_GetBuffer(PyList_GET_ITEM(list, count), &rows[count],
                               PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | PyBUF_WRITABLE))
            goto end;
        count++;
    }
    done = apply_to(rule, rows, count, own);
end:
    PyErr_Clear();
    while (count) PyBuffer_Release(&rows[--count]);
    return PyBool_FromLong(done);
}

static PyMethodDef methods[] = {{"apply", apply, METH_VARARGS, NULL}, {NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "nn._rules", .m_methods = methods};

PyMODINIT_FUNC PyInit__rules(void)
{
    return PyModule_Create(&definition);
}
