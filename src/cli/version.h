/** Which dgba this is. */
#ifndef DGBA_CLI_VERSION_H
#define DGBA_CLI_VERSION_H

/** Commit the program was built from, "-dirty" behind it if files had changed; "unknown" outside a checkout. Written by the
 *  build (git_commit.cmake). DGBA_VERSION comes from CMakeLists.txt. */
extern const char dgba_git_commit[];

#endif
