/* Writes the made-up run of tests/support/results.h, in which layout 31 shares nothing; with "hard" with names that formats
 * must escape.
 *
 *   make_results RESULTS.h5 [hard] */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "support/results.h"

static void make_hard(dgba_results *r) {
    static const char hard[] = "seg_a%b&c#d$e~f^g\\h{i}";
    dgba_text rule = {0};
    dgba_text_add(&rule, "single:%s", hard);
    dgba_results_set_text(&r->run.name, "50 % <b>_&#$~^\\{}|\"--`");
    dgba_results_set_text(&r->run.config, "name: a\nnote: </pre><script>alert(1)</script>\n");
    dgba_results_set_text(&r->tasks[0].name, hard);
    dgba_results_set_text(&r->tasks[1].name, "Fläche→<i>");
    dgba_results_set_text(&r->attacks[13].rule, rule.chars);
    dgba_text_free(&rule);
}

static dgba_status write(const char *path, bool hard) {
    dgba_results r;
    results_make(&r);
    r.models[2].sharing_score = 0; // a baseline for clean ARP
    if (hard) make_hard(&r);
    const dgba_status status = dgba_results_write(path, &r);
    dgba_results_free(&r);
    return status;
}

int main(int argc, char **argv) {
    const bool hard = argc == 3 && strcmp(argv[2], "hard") == 0;
    if (argc != 2 && !hard) {
        fprintf(stderr, "usage: make_results RESULTS.h5 [hard]\n");
        return 2;
    }
    if (write(argv[1], hard) == DGBA_OK) return 0;
    fprintf(stderr, "make_results: %s\n", dgba_error());
    return 1;
}
