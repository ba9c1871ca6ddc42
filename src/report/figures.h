/** The figures of the page, each with its caption; nothing where the run has nothing to draw. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include "claims.h"
#include "derived.h"
#include "print.h"

/** ARP over the radius, a curve per rule, a panel per layout, for every method. */
void figure_curves(dgba_text *out, const grid *g);

/** Task × task, a panel per layout. */
void figure_transfer(dgba_text *out, const grid *g);

/** Rule × task, a panel per layout. */
void figure_drops(dgba_text *out, const grid *g);

/** Layout × layout, a panel per rule, and layout and task × layout and task. */
void figure_models(dgba_text *out, const grid *g);

/** Clean ARP and transfer over the sharing score, and the layouts as trees. */
void figure_sharing(dgba_text *out, const grid *g);

/** Clean and adversarial training under the same attacks, a panel per layout. */
void figure_training(dgba_text *out, const grid *g);

/** Time per image, a bar per method and rule. */
void figure_cost(dgba_text *out, const table *attacks);

/** Effects of the claims' findings with their intervals. */
void figure_claims(dgba_text *out, const grid *g);

/** Pictures: what the strongest setting does to the example images, on the layout that shares most and on the one that
 * shares least; where there are any. */
bool figure_has_examples(const grid *g);
void figure_examples(dgba_text *out, const grid *g);

/** A layout as a tree from the image (left) to its tasks; `tree` as in /models/layout_tree. */
void figure_tree(dgba_text *out, const char *tree, const dgba_results *results);

#endif
