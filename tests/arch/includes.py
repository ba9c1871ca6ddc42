"""Holds every #include of the modules to their rows in src/CMakeLists.txt.

Usage: includes.py PROJECT_FOLDER. Prints each offender as file:line and exits 1 if there is one.
"""

import pathlib
import re
import sys

ROW = re.compile(r"\bdgba_module\(\s*(\w+)([^)]*)\)")
INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]+)"|<(dgba/[^>]+)>)')
EVERYTHING = {"cli"}  # the program itself: on top of all modules, and nobody may include it


def read_rows(cmake_file):
    """Module -> modules it may include."""
    text = re.sub(r"#.*", "", cmake_file.read_text())
    rows = {}
    for name, arguments in ROW.findall(text):
        words = arguments.split()
        uses = words[words.index("USES") + 1 :] if "USES" in words else []
        rows[name] = set(uses[: uses.index("LIBRARIES")] if "LIBRARIES" in uses else uses)
    return rows


def module_of(public_header):
    """dgba/nn.h and dgba/nn/x.h belong to nn."""
    return pathlib.PurePath(public_header).parts[1].removesuffix(".h")


def what_is_wrong(project, rows, module, file, included):
    """A sentence, or None."""
    if not included.startswith("dgba/"):
        in_source = project / "src" in file.parents
        if in_source and (file.parent / included).is_file() and "/" not in included:
            return None
        return f'"{included}" is neither a public header (dgba/...) nor a file in the same folder'
    if not (project / "include" / included).is_file():
        return f"{included} does not exist"
    other = module_of(included)
    if other == module or module in EVERYTHING or other in rows[module]:
        return None
    return f"module {module} may not include {included}: its row has {' '.join(sorted(rows[module])) or 'no module'}"


def module_files(project):
    """(module, file) of all sources and headers."""
    for file in sorted(project.glob("src/*/**/*.[ch]")):
        yield file.relative_to(project / "src").parts[0], file
    for file in sorted(project.glob("include/dgba/**/*.h")):
        yield module_of(str(file.relative_to(project / "include"))), file


def offenders(project):
    rows = read_rows(project / "src" / "CMakeLists.txt")
    for module, file in module_files(project):
        name = file.relative_to(project)
        if module not in rows and module not in EVERYTHING:
            yield f"{name}:1: module {module} has no row in src/CMakeLists.txt"
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            wrong = match and what_is_wrong(project, rows, module, file, match[1] or match[2])
            if wrong:
                yield f"{name}:{number}: {wrong}"


if __name__ == "__main__":
    found = list(offenders(pathlib.Path(sys.argv[1]).resolve()))
    print("\n".join(found) if found else "all includes follow the table")
    sys.exit(1 if found else 0)
