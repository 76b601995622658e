//! A chat as text to paste and as a Markdown file to keep. Complete: nothing that the panel shows is left out but pictures.
use super::format;
use peerd_agent::view::{Item, ToolCard, Verdict};

#[must_use]
pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Running => "running",
        Verdict::Verified => "verified",
        Verdict::Unverified => "unverified",
        Verdict::Failed => "failed",
        Verdict::Done => "done",
        Verdict::Denied => "denied",
        Verdict::Unknown => "unknown outcome",
        Verdict::Stopped => "stopped",
    }
}

/// Plain text: who said what, tools as one line each.
#[must_use]
pub fn text(items: &[Item]) -> String {
    let parts: Vec<String> = items
        .iter()
        .map(|item| match item {
            Item::User { text, .. } => format!("You: {text}"),
            Item::Assistant { text, .. } => format!("peerd: {text}"),
            Item::Tool { card } => line(card),
            Item::Note { text, .. } => format!("({text})"),
        })
        .collect();
    parts.join("\n\n") + "\n"
}

#[must_use]
pub fn markdown(title: &str, at: u64, items: &[Item]) -> String {
    let mut out = format!("# {}\n\n{}\n", one_line(title), format::date(at));
    for item in items {
        out.push('\n');
        match item {
            Item::User { text, at } => out.push_str(&format!("## You, {}\n\n{text}\n", format::date(*at))),
            Item::Assistant { text, .. } => out.push_str(&format!("## peerd\n\n{text}\n")),
            Item::Tool { card } => tool(card, &mut out),
            Item::Note { text, .. } => out.push_str(&format!("> {}\n", text.replace('\n', "\n> "))),
        }
    }
    out
}

fn line(card: &ToolCard) -> String {
    let evidence = if card.evidence.is_empty() { String::new() } else { format!(": {}", one_line(&card.evidence)) };
    format!("[{}] {}{evidence}", verdict(card.verdict), one_line(&card.summary))
}

fn tool(card: &ToolCard, out: &mut String) {
    out.push_str(&format!("- `{}` {}\n", card.tool, line(card)));
    if card.image.is_some() {
        out.push_str("  (a screenshot was taken)\n");
    }
    if !card.result.is_empty() {
        let fence = fence(&card.result);
        out.push_str(&format!("\n  {fence}text\n  {}\n  {fence}\n", card.result.trim_end().replace('\n', "\n  ")));
    }
}

/// A fence that nothing inside can close: what a page said must not become markup of the file.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use peerd_agent::view::Tone;

    fn chat() -> Vec<Item> {
        let card = ToolCard {
            call: "c1".into(),
            tool: "left_click".into(),
            summary: "click \"Buy\"\n(button)".into(),
            verdict: Verdict::Verified,
            evidence: "URL changed".into(),
            result: "verified\n```\n<page origin=\"http://a.test\">".into(),
            tab: Some(1),
            image: Some("data:image/jpeg;base64,AA".into()),
        };
        vec![
            Item::User { text: "Buy tea".into(), at: 1_795_651_200_000 },
            Item::Tool { card },
            Item::Note { tone: Tone::Info, text: "one\ntwo".into() },
            Item::Assistant { text: "**Done**".into(), live: false },
        ]
    }

    #[test]
    fn a_chat_as_text() {
        expect![[r#"
            You: Buy tea

            [verified] click "Buy" (button): URL changed

            (one
            two)

            peerd: **Done**
        "#]]
        .assert_eq(&text(&chat()));
    }

    #[test]
    fn a_page_cannot_close_the_fence_of_its_result() {
        expect![[r#"
            # Tea for two

            2026-11-26

            ## You, 2026-11-26

            Buy tea

            - `left_click` [verified] click "Buy" (button): URL changed
              (a screenshot was taken)

              ````text
              verified
              ```
              <page origin="http://a.test">
              ````

            > one
            > two

            ## peerd

            **Done**
        "#]]
        .assert_eq(&markdown("Tea\nfor two", 1_795_651_200_000, &chat()));
    }
}
