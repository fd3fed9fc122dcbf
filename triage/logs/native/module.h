/* What the files that speak with Python share. */
#ifndef TRIAGE_MODULE_H
#define TRIAGE_MODULE_H

#include <Python.h>

#include "scan.h"

void release(Py_buffer *views, int count);
PyObject *refuse(const char *what); /* raises ValueError */
PyObject *as_bytes(const Numbers *numbers);

PyObject *py_tally(PyObject *self, PyObject *args);
PyObject *py_count_times(PyObject *self, PyObject *args);
PyObject *py_add_days(PyObject *self, PyObject *args);

#endif
