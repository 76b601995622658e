//! HTML by template literals: every value is escaped unless it is HTML already.

class Html {
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (value) => String(value).replace(/[&<>"']/g, (c) => ESCAPES[c]);

function put(value) {
  if (value === null || value === undefined || value === false) return "";
  if (Array.isArray(value)) return value.map(put).join("");
  return value instanceof Html ? value.text : escaped(value);
}

export function html(parts, ...values) {
  return new Html(parts.reduce((text, part, i) => text + put(values[i - 1]) + part));
}

/** A whole page. `area` is the part of the site the navigation marks. */
export function page({ title, area, body, head }) {
  const links = [["shop", "Shop"], ["wizard", "Sign-up"], ["inbox", "Inbox"]];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Practice</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
<script src="/count.js" defer></script>
${head}
</head>
<body>
<header>
<a class="brand" href="/">Practice</a>
<nav aria-label="Site">${links.map(([path, name]) => html`<a href="/${path}/" ${path === area ? html`aria-current="page"` : ""}>${name}</a>`)}</nav>
</header>
<main>${body}</main>
<footer>A practice site on this computer. Nothing here is real, and nothing leaves it.</footer>
</body>
</html>`.text;
}
