/* Writes the made-up run of tests/support/results.h, with names that formats must escape.
 *
 *   make_results RESULTS.h5 */
#include <stdio.h>

#include "support/results.h"

static dgba_status write(const char *path) {
    dgba_results r;
    results_make(&r);
    dgba_results_set_text(&r.run.name, "50 % <b>_&#$~^\\{}|\"--`");
    dgba_results_set_text(&r.run.config, "name: a\nnote: </pre><script>alert(1)</script>\n");
    dgba_results_set_text(&r.run.config_resolved, "name: a\n");
    dgba_results_set_text(&r.tasks[0].name, "seg_a%b&c#d$e~f^g\\h{i}");
    dgba_results_set_text(&r.tasks[1].name, "Fläche→<i>");
    dgba_results_set_text(&r.attacks[13].rule, "single:seg_a%b&c#d$e~f^g\\h{i}");
    const dgba_status status = dgba_results_write(path, &r);
    dgba_results_free(&r);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 2 || write(argv[1]) != DGBA_OK) {
        fprintf(stderr, "make_results: %s\n", argc != 2 ? "usage: make_results RESULTS.h5" : dgba_error());
        return 1;
    }
    return 0;
}
