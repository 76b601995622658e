//! An inbox: letters to read, answer, archive and delete.
import { html, page } from "./html.mjs";

export function inbox(site) {
  const { look } = site;
  const letters = [...site.letters];
  const find = (id) => letters.find((letter) => letter.id === id);
  const remove = (letter) => letters.splice(letters.indexOf(letter), 1);

  const list = () => page({ title: "Inbox", area: "inbox", body: html`
<h1>Inbox</h1>
<p><a class="button" href="/inbox/write">Write a letter</a></p>
${letters.length === 0 ? html`<p>No letters.</p>` : html`<ul class="letters ${look.cls("letters")}">
${look.order(letters).map((letter) => html`<li><a href="/inbox/${letter.id}">${letter.subject}</a> <span>from ${letter.from}</span></li>`)}
</ul>`}` });

  function letter(_request, id) {
    const one = find(id);
    if (!one) return null;
    return page({ title: one.subject, area: "inbox", body: html`
<h1>${one.subject}</h1>
<p>From ${one.from} (${one.address})</p>
<article><p>${one.text}</p></article>
<form method="post" action="/inbox/${id}/answer">
<p><label for="${look.id("answer")}">Your answer</label> <textarea id="${look.id("answer")}" name="text" rows="4" required></textarea></p>
${look.button("answer-send", "Send the answer")}
</form>
<div class="row">
<form method="post" action="/inbox/${id}/archive"><button>Archive</button></form>
<form method="post" action="/inbox/${id}/delete"><button class="danger">Delete</button></form>
</div>` });
  }

  const write = () => page({ title: "Write a letter", area: "inbox", body: html`
<h1>Write a letter</h1>
<form method="post" action="/inbox/send">
<p><label for="${look.id("to")}">To</label> <input id="${look.id("to")}" name="to" type="email" required></p>
<p><label for="${look.id("subject")}">Subject</label> <input id="${look.id("subject")}" name="subject" required></p>
<p><label for="${look.id("text")}">Text</label> <textarea id="${look.id("text")}" name="text" rows="6" required></textarea></p>
${look.button("send", "Send")}
</form>` });

  const told = (title, text) => page({ title, area: "inbox", body: html`<h1>${title}</h1><p role="status">${text}</p><p><a href="/inbox/">Back to the inbox</a></p>` });

  return [
    ["GET", /^\/inbox\/$/, list],
    ["GET", /^\/inbox\/write$/, write],
    ["GET", /^\/inbox\/sent$/, () => told("Sent", "Your letter is on its way.")],
    ["POST", /^\/inbox\/send$/, (request) => {
      const { to, subject, text } = Object.fromEntries(request.form);
      if (!to || !subject || !text) return null;
      site.sent.push({ to, subject, text });
      return { to: "/inbox/sent" };
    }],
    ["GET", /^\/inbox\/(m\d+)$/, letter],
    ["POST", /^\/inbox\/(m\d+)\/answer$/, (request, id) => {
      const one = find(id);
      if (!one || !request.form.get("text")) return null;
      site.sent.push({ to: one.address, subject: `Re: ${one.subject}`, text: request.form.get("text") });
      return { to: "/inbox/sent" };
    }],
    ["POST", /^\/inbox\/(m\d+)\/archive$/, (_request, id) => {
      const one = find(id);
      if (!one) return null;
      remove(one);
      return { to: "/inbox/" };
    }],
    ["POST", /^\/inbox\/(m\d+)\/delete$/, (_request, id) => {
      const one = find(id);
      if (!one) return null;
      remove(one);
      site.counters.deletes++;
      return { to: "/inbox/" };
    }],
  ];
}
