// Added to the page by page.sh: what a reader with a keyboard would see, sent to the frame around.
addEventListener("load", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
  const table = [...document.querySelectorAll("table")].find(t => t.querySelector("td[data-value='-20.5']"));
  const column = table.querySelector("td[data-value='-20.5']").cellIndex;
  const heading = table.tHead.rows[0].cells[column], button = heading.querySelector("button");
  button.focus();
  const focused = document.activeElement === button;
  const press = () => { // what Enter does to a focused button
    document.activeElement.click();
    const values = [...table.tBodies[0].rows].map(row => row.cells[column].dataset.value);
    return `${heading.getAttribute("aria-sort")} ${values.join()}`;
  };
  const first = press(), second = press();
  const kept = focused && document.activeElement === button ? "kept" : "lost";
  const broken = [...document.images].filter(i => !i.complete || i.naturalWidth === 0 || !i.alt).length;
  parent.postMessage(`result width ${innerWidth} ${document.documentElement.scrollWidth > innerWidth ? "too wide" : "fits"} ` +
    `sorted ${first} then ${second} focus ${kept} pictures ${document.images.length} broken ${broken}`, "*");
});
