/** What the compiler is told beyond C17. */
#ifndef DGBA_BASE_COMPILER_H
#define DGBA_BASE_COMPILER_H

/** Checks the arguments of a printf-like function. */
#define DGBA_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))

/** Number of elements of a true array. */
#define DGBA_COUNT_OF(array) ((int64_t)(sizeof(array) / sizeof((array)[0])))

/** Compiles a hot loop for several instruction sets; the loader picks the best one the machine has. Contraction is off
 *  and no reduction is reordered, so every version computes the same bits. Off under sanitizers, which cannot follow the
 *  resolver. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define DGBA_VECTORIZE __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define DGBA_VECTORIZE
#endif

#endif
