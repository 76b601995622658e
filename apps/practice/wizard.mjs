//! A sign-up in three steps, with the kinds of field a form may have.
import { html, page } from "./html.mjs";

export function wizard(site) {
  const { look } = site;
  const answers = site.sessions(() => ({}));
  const step = (n, title, body) => page({ title, area: "wizard", body: html`
<p class="steps">Step ${n} of 3</p>
<h1>${title}</h1>
${body}` });

  function who(request) {
    const a = answers.of(request);
    return step(1, "Who are you?", html`
<form method="post" action="/wizard/1">
<p><label for="${look.id("given")}">Given name</label> <input id="${look.id("given")}" name="given" value="${a.given}" required></p>
<p><label for="${look.id("family")}">Family name</label> <input id="${look.id("family")}" name="family" value="${a.family}" required></p>
<p><label for="${look.id("born")}">Date of birth</label> <input id="${look.id("born")}" name="born" type="date" value="${a.born}"></p>
<p><label for="${look.id("secret")}">Choose a password</label> <input id="${look.id("secret")}" name="secret" type="password" autocomplete="new-password" required minlength="8"></p>
${look.button("next1", "Next")}
</form>`);
  }

  function tastes(request) {
    if (!answers.of(request).given) return { to: "/wizard/" };
    return step(2, "What do you like?", html`
<form method="post" action="/wizard/2">
<fieldset><legend>Drink</legend>${["Tea", "Coffee", "Water"].map((d) => html`<label><input type="radio" name="drink" value="${d}" required> ${d}</label>`)}</fieldset>
<fieldset><legend>Topics</legend>${["Gardens", "Trains", "Music", "Maps"].map((t) => html`<label><input type="checkbox" name="topic" value="${t}"> ${t}</label>`)}</fieldset>
<p><label for="${look.id("often")}">Letters a month</label> <input id="${look.id("often")}" name="often" type="range" min="0" max="10" value="2"></p>
<p><label for="${look.id("about")}">About you</label> <textarea id="${look.id("about")}" name="about" rows="3"></textarea></p>
${look.button("next2", "Next")}
</form>`);
  }

  function check(request) {
    const a = answers.of(request);
    if (!a.drink) return { to: "/wizard/" };
    const rows = [["Name", `${a.given} ${a.family}`], ["Born", a.born || "not said"], ["Drink", a.drink], ["Topics", a.topics.join(", ") || "none"], ["Letters a month", a.often], ["About you", a.about || "nothing"]];
    return step(3, "Is this right?", html`
<dl>${rows.map(([k, v]) => html`<dt>${k}</dt><dd>${v}</dd>`)}</dl>
<form method="post" action="/wizard/3">${look.button("finish", "Sign up")}</form>`);
  }

  const done = () => page({ title: "Signed up", area: "wizard", body: html`<h1>Signed up</h1><p role="status">You are on the list.</p>` });

  return [
    ["GET", /^\/wizard\/$/, who],
    ["POST", /^\/wizard\/1$/, (request) => {
      const { given, family, born, secret } = Object.fromEntries(request.form);
      if (!given || !family || (secret ?? "").length < 8) return null;
      Object.assign(answers.of(request), { given, family, born });
      return { to: "/wizard/tastes" };
    }],
    ["GET", /^\/wizard\/tastes$/, tastes],
    ["POST", /^\/wizard\/2$/, (request) => {
      const { drink, often, about } = Object.fromEntries(request.form);
      if (!drink) return null;
      Object.assign(answers.of(request), { drink, often, about, topics: request.form.getAll("topic") });
      return { to: "/wizard/check" };
    }],
    ["GET", /^\/wizard\/check$/, check],
    ["POST", /^\/wizard\/3$/, (request) => {
      site.signups.push({ ...answers.of(request) });
      return { to: "/wizard/done" };
    }],
    ["GET", /^\/wizard\/done$/, done],
  ];
}
