#include "page.h"

// clang-format off
// Sorting, and what is folded away is printed.
const char page_script[] =
    "// Every column sorts: numbers by value, texts as texts, missing cells last.\n"
    "for (const table of document.querySelectorAll(\"table:not(.gallery)\")) {\n"
    "  const headings = [...table.tHead.rows[0].cells], body = table.tBodies[0];\n"
    "  const key = (row, column) => {\n"
    "    const cell = row.cells[column], text = cell.textContent.trim();\n"
    "    if (text === \"\") return null;\n"
    "    const number = Number(cell.dataset.value ?? text);\n"
    "    return Number.isNaN(number) ? text : number;\n"
    "  };\n"
    "  const compare = (a, b) => typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === \"number\" ? -1 : 1;\n"
    "  headings.forEach((heading, column) => {\n"
    "    const button = document.createElement(\"button\");\n"
    "    button.type = \"button\";\n"
    "    button.append(...heading.childNodes);\n"
    "    heading.append(button);\n"
    "    button.addEventListener(\"click\", () => {\n"
    "      const down = heading.getAttribute(\"aria-sort\") === \"ascending\";\n"
    "      headings.forEach(other => other.removeAttribute(\"aria-sort\"));\n"
    "      heading.setAttribute(\"aria-sort\", down ? \"descending\" : \"ascending\");\n"
    "      const rows = [...body.rows].map(row => [key(row, column), row]);\n"
    "      rows.sort(([a], [b]) => a === null || b === null ? (a === null) - (b === null) : down ? compare(b, a) : compare(a, b));\n"
    "      body.append(...rows.map(([, row]) => row));\n"
    "    });\n"
    "  });\n"
    "}\n"
    "const folded = [...document.querySelectorAll(\"details:not([open])\")];\n"
    "addEventListener(\"beforeprint\", () => folded.forEach(part => { part.open = true; }));\n";
// clang-format on
