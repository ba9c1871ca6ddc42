#include "statistic.h"

#include <math.h>

void statistic_add(statistic *s, double value) {
    if (isnan(value)) return;
    s->count += 1;
    const double distance = value - s->mean;
    s->mean += distance / (double)s->count;
    s->squares += distance * (value - s->mean);
}

statistic statistic_of(double value) {
    statistic s = {0};
    statistic_add(&s, value);
    return s;
}

double statistic_deviation(const statistic *s) { return s->count > 1 ? sqrt(s->squares / (double)(s->count - 1)) : NAN; }

void number_text(dgba_text *out, double number, int decimals) {
    const bool rounds_to_zero = fabs(number) < 0.5 * pow(10, -decimals);
    dgba_text_add(out, "%.*f", decimals, rounds_to_zero ? 0.0 : number);
}

void statistic_text(dgba_text *out, const statistic *s, int decimals, int64_t expected) {
    dgba_text_clear(out);
    if (s->count == 0) return;
    number_text(out, s->mean, decimals);
    if (s->count > 1) dgba_text_add(out, " ± %.*f", decimals, statistic_deviation(s));
    if (s->count != expected) dgba_text_add(out, " (n=%lld)", (long long)s->count);
}
