#include <string.h>

#include "print.h"

/** What a text may contain that LaTeX takes for something else, or that its fonts lack. */
static const struct {
    const char *plain, *latex;
} replacements[] = {
    {"\\", "\\textbackslash{}"},
    {"~", "\\~{}"},
    {"^", "\\^{}"},
    {"_", "\\_"},
    {"%", "\\%"},
    {"&", "\\&"},
    {"#", "\\#"},
    {"$", "\\$"},
    {"{", "\\{"},
    {"}", "\\}"},
    {"<", "\\textless{}"},
    {">", "\\textgreater{}"},
    {"|", "\\textbar{}"},
    {"\"", "''"},
    {"--", "-{}-"},
    {"ε", "$\\varepsilon$"},
    {"ρ", "$\\rho$"},
    {"Δ", "$\\Delta$"},
    {"±", "$\\pm$"},
    {"−", "$-$"},
    {"×", "$\\times$"},
    {"≥", "$\\geq$"},
    {"≤", "$\\leq$"},
    {"→", "$\\rightarrow$"},
    {"↑", "$\\uparrow$"},
    {"↓", "$\\downarrow$"},
    {"…", "\\dots{}"},
    {"–", "--"},
    {"°", "$^\\circ$"},
};

/** Bytes of the UTF-8 character that begins here. */
static size_t character_bytes(const char *text) {
    size_t bytes = 1;
    while (((unsigned char)text[bytes] & 0xC0) == 0x80) ++bytes;
    return bytes;
}

/** Adds one character, or the two of "--", and returns the bytes used. Other characters beyond Latin-1 become "?": pdflatex
 *  would stop at them. */
static size_t add_character(dgba_text *out, const char *text) {
    for (int64_t i = 0; i < DGBA_COUNT_OF(replacements); ++i) {
        const size_t bytes = strlen(replacements[i].plain);
        if (strncmp(text, replacements[i].plain, bytes) != 0) continue;
        dgba_text_add(out, "%s", replacements[i].latex);
        return bytes;
    }
    const size_t bytes = character_bytes(text);
    const bool known = bytes == 1 || (bytes == 2 && (unsigned char)text[0] == 0xC3);
    if (known)
        dgba_text_add(out, "%.*s", (int)bytes, text);
    else
        dgba_text_add(out, "?");
    return bytes;
}

static void add_latex(dgba_text *out, const char *text) {
    while (*text != '\0') {
        if (*text == '\n') {
            dgba_text_add(out, " ");
            ++text;
        } else {
            text += add_character(out, text);
        }
    }
}

/* ---- Parts that fit on a page ---- */

enum { PAGE_PLACES = 104, PAGE_ROWS = 44, GAP = 3 };

/** The key columns, columns first .. end − 1, and rows row .. row_end − 1. */
typedef struct part {
    int64_t first, end, row, row_end;
} part;

static bool has_column(const table *t, const part *p, int64_t column) {
    return column < t->key_columns || (column >= p->first && column < p->end);
}

static int64_t width_of(const table *t, int64_t column) {
    dgba_text cell = {0};
    int64_t widest = text_width(t->columns[column].title);
    for (int64_t r = 0; r < table_rows(t); ++r) {
        table_cell_text(&cell, t, r, column);
        const int64_t own = text_width(dgba_text_chars(&cell));
        if (own > widest) widest = own;
    }
    dgba_text_free(&cell);
    return widest;
}

/** *out is freed with dgba_free(). */
static int64_t find_parts(part **out, const table *t) {
    int64_t *widths = NULL, count = 0, end = 0;
    *out = NULL;
    report_need(DGBA_NEW(&widths, t->column_count));
    for (int64_t c = 0; c < t->column_count; ++c) widths[c] = width_of(t, c);
    for (int64_t row = 0; row < table_rows(t); row += PAGE_ROWS) {
        for (int64_t first = t->key_columns; first < t->column_count; first = end) {
            const int64_t row_end = row + PAGE_ROWS < table_rows(t) ? row + PAGE_ROWS : table_rows(t);
            end = table_part_end(t, widths, first, GAP, PAGE_PLACES);
            report_need(DGBA_GROW(out, count));
            (*out)[count++] = (part){first, end, row, row_end};
        }
    }
    dgba_free(widths);
    return count;
}

/* ---- Tables ---- */

/** The heading of a column, with the lines of the titles at its bottom. */
static void print_title(dgba_text *out, const table_column *column) {
    dgba_text_add(out, "\\shortstack[%s]{", column->align == TABLE_RIGHT ? "r" : "l");
    for (const char *line = column->title; line != NULL;) {
        const char *end = strchr(line, '\n');
        dgba_text words = {0};
        dgba_text_add(&words, "%.*s", (int)(end != NULL ? (size_t)(end - line) : strlen(line)), line);
        add_latex(out, dgba_text_chars(&words));
        dgba_text_free(&words);
        if (end != NULL) dgba_text_add(out, "\\\\");
        line = end != NULL ? end + 1 : NULL;
    }
    if (column->unit[0] != '\0') {
        dgba_text_add(out, "\\\\");
        add_latex(out, column->unit);
    }
    dgba_text_add(out, "}");
}

static void print_heading(dgba_text *out, const table *t, const part *p) {
    for (int64_t c = 0; c < t->column_count; ++c) {
        if (!has_column(t, p, c)) continue;
        if (c > 0) dgba_text_add(out, " & ");
        print_title(out, &t->columns[c]);
    }
    dgba_text_add(out, " \\\\\n");
}

/** Numbers in mathematics: a true minus, and ±. */
static void print_number(dgba_text *out, const table_cell *cell, const char *text) {
    const char *pm = strstr(text, " ± ");
    const size_t number = pm != NULL ? (size_t)(pm - text) : strcspn(text, " ");
    const char *rest = text + number;
    if (text[0] == '\0') return;
    dgba_text_add(out, cell->best ? "$\\mathbf{%.*s" : "$%.*s", (int)number, text);
    if (pm != NULL) {
        rest = pm + strlen(" ± ");
        const size_t deviation = strcspn(rest, " ");
        dgba_text_add(out, " \\pm %.*s", (int)deviation, rest);
        rest += deviation;
    }
    dgba_text_add(out, cell->best ? "}$" : "$");
    add_latex(out, rest);
}

static void print_rows(dgba_text *out, const table *t, const part *p) {
    dgba_text text = {0};
    for (int64_t r = p->row; r < p->row_end; ++r) {
        for (int64_t c = 0; c < t->column_count; ++c) {
            const table_cell *cell = table_at(t, r, c);
            if (!has_column(t, p, c)) continue;
            if (c > 0) dgba_text_add(out, " & ");
            table_cell_text(&text, t, r, c);
            if (cell->text != NULL)
                add_latex(out, dgba_text_chars(&text));
            else
                print_number(out, cell, dgba_text_chars(&text));
        }
        dgba_text_add(out, " \\\\\n");
    }
    dgba_text_free(&text);
}

static void print_part(dgba_text *out, const table *t, const part *p) {
    dgba_text_add(out, "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%%\n\\begin{tabular}{@{}");
    for (int64_t c = 0; c < t->column_count; ++c)
        if (has_column(t, p, c)) dgba_text_add(out, t->columns[c].align == TABLE_RIGHT ? "r" : "l");
    dgba_text_add(out, "@{}}\n\\toprule\n");
    print_heading(out, t, p);
    dgba_text_add(out, "\\midrule\n");
    print_rows(out, t, p);
    dgba_text_add(out, "\\bottomrule\n\\end{tabular}}\n");
}

/** What the table shows, and where it comes from. */
static void print_caption(dgba_text *out, const report *r, const section *s, const table *t) {
    dgba_text run = {0};
    text_add_provenance(&run, r);
    add_latex(out, s->title);
    if (t->title != NULL) dgba_text_add(out, ": ");
    if (t->title != NULL) add_latex(out, t->title);
    dgba_text_add(out, ". ");
    if (s->note != NULL) add_latex(out, s->note);
    dgba_text_add(out, " \\emph{");
    add_latex(out, dgba_text_chars(&run));
    dgba_text_add(out, ".}");
    dgba_text_free(&run);
}

static void print_table(dgba_text *out, const report *r, const section *s, const table *t) {
    part *parts = NULL;
    const int64_t count = find_parts(&parts, t);
    for (int64_t i = 0; i < count; ++i) {
        dgba_text_add(out, "\n\\begin{table}[htbp]\n\\centering\\small\n\\caption{");
        if (count > 1) dgba_text_add(out, "Part %lld of %lld. ", (long long)i + 1, (long long)count);
        if (i == 0)
            print_caption(out, r, s, t);
        else
            add_latex(out, s->title);
        dgba_text_add(out, "}\n");
        print_part(out, t, &parts[i]);
        dgba_text_add(out, "\\end{table}\n");
    }
    dgba_free(parts);
}

void report_print_latex(dgba_text *out, const report *r) {
    dgba_text_add(out,
                  "\\documentclass{article}\n"
                  "\\usepackage[utf8]{inputenc}\n"
                  "\\usepackage{graphicx,booktabs}\n"
                  "\\usepackage[margin=2cm]{geometry}\n"
                  "\\extrafloats{200}\n"
                  "\\begin{document}\n");
    for (int64_t i = 0; i < r->section_count; ++i) {
        const section *s = &r->sections[i];
        for (int64_t j = 0; j < s->table_count; ++j) print_table(out, r, s, &s->tables[j]);
        dgba_text_add(out, "\\clearpage\n");
    }
    dgba_text_add(out, "\\end{document}\n");
}
