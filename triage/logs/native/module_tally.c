/* The part of the module that counts the columns of a block. */
#include "module.h"

static PyObject *tallied(const Tallied *columns, size_t lines)
{
    Tally tally;
    Numbers runs = {0};
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = tally_lines(columns, lines, &tally, &runs);
    Py_END_ALLOW_THREADS
    PyObject *found = NULL;
    if (failed)
        PyErr_NoMemory();
    else
        found = Py_BuildValue("LLLLNN", (long long)tally.first, (long long)tally.last, (long long)tally.earliest,
                              (long long)tally.latest,
                              PyBytes_FromStringAndSize((const char *)tally.kinds, (Py_ssize_t)sizeof tally.kinds),
                              as_bytes(&runs));
    numbers_free(&runs);
    return found;
}

PyObject *py_tally(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer v[4];
    int no_level;
    if (!PyArg_ParseTuple(args, "y*y*y*y*i", &v[0], &v[1], &v[2], &v[3], &no_level))
        return NULL;
    size_t lines = (size_t)v[0].len, wide = lines * sizeof(int64_t);
    Tallied columns = {v[0].buf, v[1].buf, v[2].buf, v[3].buf, (uint8_t)no_level};
    int fit = (size_t)v[1].len == lines && (size_t)v[2].len == wide && (size_t)v[3].len == wide;
    PyObject *found = fit ? tallied(&columns, lines) : refuse("no such columns");
    release(v, 4);
    return found;
}

static PyObject *done(int well, const char *otherwise)
{
    return well ? Py_BuildValue("") : refuse(otherwise);
}

/* The arguments are times, levels (or an empty buffer), the width and the first number of the buckets, how many series
   there are, and the counts of all of them. */
PyObject *py_count_times(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer v[3];
    long long width, first, series;
    if (!PyArg_ParseTuple(args, "y*y*LLLw*", &v[0], &v[1], &width, &first, &series, &v[2]))
        return NULL;
    size_t lines = (size_t)v[0].len / sizeof(int64_t);
    int64_t room = v[2].len / (Py_ssize_t)sizeof(int64_t);
    int fit = width > 0 && series > 0 && room % series == 0 && (!v[1].len || (size_t)v[1].len == lines);
    if (fit) {
        Buckets buckets = {width, first, series, room / series, v[2].buf};
        Py_BEGIN_ALLOW_THREADS
        fit = !count_times(v[0].buf, v[1].len ? v[1].buf : NULL, lines, &buckets);
        Py_END_ALLOW_THREADS
    }
    release(v, 3);
    return done(fit, "no such columns, or times outside the buckets");
}

static int days_rise(const Day *days, size_t count, size_t lines)
{
    for (size_t i = 0; i < count; i++)
        if ((uint64_t)days[i].row >= lines || (i && days[i].row <= days[i - 1].row))
            return 0;
    return 1;
}

/* The arguments are times, zones, and (row, midnight, zone) of each run of lines with one date. */
PyObject *py_add_days(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer v[3];
    if (!PyArg_ParseTuple(args, "w*w*y*", &v[0], &v[1], &v[2]))
        return NULL;
    size_t lines = (size_t)v[0].len / sizeof(int64_t), count = (size_t)v[2].len / sizeof(Day);
    int fit = (size_t)v[1].len == lines * sizeof(int16_t) && days_rise(v[2].buf, count, lines);
    if (fit) {
        Py_BEGIN_ALLOW_THREADS
        add_days(v[0].buf, v[1].buf, lines, v[2].buf, count);
        Py_END_ALLOW_THREADS
    }
    release(v, 3);
    return done(fit, "no such columns or days");
}
