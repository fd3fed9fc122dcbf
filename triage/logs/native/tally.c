/* What the lines of a block have in common, counted in one pass over their columns. */
#include "scan.h"

int tally_lines(const Tallied *columns, size_t lines, Tally *tally, Numbers *pid_runs)
{
    *tally = (Tally){.first = -1, .last = -1, .earliest = INT64_MAX, .latest = INT64_MIN};
    for (size_t row = 0; row < lines; row++) {
        tally->kinds[columns->kinds[row] & (MOST_KINDS - 1)]++;
        if ((!row || columns->pids[row] != columns->pids[row - 1]) && numbers_add(pid_runs, (int64_t)row))
            return -1;
        int64_t time = columns->times[row];
        if (time == NO_TIME)
            continue;
        if (tally->first < 0)
            tally->first = (int64_t)row;
        tally->last = (int64_t)row;
        if (columns->levels[row] == columns->no_level)
            continue;
        tally->earliest = time < tally->earliest ? time : tally->earliest;
        tally->latest = time > tally->latest ? time : tally->latest;
    }
    return 0;
}

static int64_t floor_quotient(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

int count_times(const int64_t *times, const uint8_t *levels, size_t lines, const Buckets *buckets)
{
    int64_t begin = 0, end = 0, bucket = 0; /* the bucket of the last time: the next one is mostly in it too */
    for (size_t row = 0; row < lines; row++) {
        int64_t time = times[row], series = levels ? levels[row] : 0;
        if (time == NO_TIME || series >= buckets->series)
            continue;
        if (time < begin || time >= end) {
            bucket = floor_quotient(time, buckets->width) - buckets->first;
            if (bucket < 0 || bucket >= buckets->count)
                return -1;
            begin = (bucket + buckets->first) * buckets->width;
            end = begin + buckets->width;
        }
        buckets->counts[series * buckets->count + bucket]++;
    }
    return 0;
}

void add_days(int64_t *times, int16_t *zones, size_t lines, const Day *days, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t stop = i + 1 < count ? (size_t)days[i + 1].row : lines;
        for (size_t row = (size_t)days[i].row; row < stop; row++) {
            if (times[row] == NO_TIME)
                continue;
            times[row] = days[i].midnight == NO_TIME ? NO_TIME : times[row] + days[i].midnight;
            zones[row] = (int16_t)days[i].zone;
        }
    }
}
