#include <string.h>

#include "table.h"

static void print_field(dgba_text *out, const char *field, bool last) {
    if (strpbrk(field, ",\"\r\n") == NULL) {
        dgba_text_add(out, "%s", field);
    } else {
        dgba_text_add(out, "\"");
        for (const char *c = field; *c != '\0'; ++c) dgba_text_add(out, *c == '"' ? "\"\"" : "%c", *c);
        dgba_text_add(out, "\"");
    }
    dgba_text_add(out, last ? "\n" : ",");
}

void table_print_csv(dgba_text *out, const table *t) {
    const int64_t rows = table_rows(t), columns = t->column_count;
    for (int64_t c = 0; c < columns; ++c) print_field(out, t->columns[c].title, c == columns - 1);
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) print_field(out, table_cell(t, r, c), c == columns - 1);
}
