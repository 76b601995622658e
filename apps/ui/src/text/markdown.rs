//! Markdown to a tree that is safe to draw: no raw HTML, no picture that loads, no link but http and https.
use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// Limit: what is nested deeper is drawn flat, so that drawing (which recurses) can't run out of stack.
const DEPTH_MAX: usize = 24;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    Text(String),
    /// An element without attributes.
    Element(&'static str, Vec<Node>),
    /// `ol` with its first number.
    Numbered(u64, Vec<Node>),
    /// `th` or `td` with a text-align, empty for the default.
    Cell(&'static str, &'static str, Vec<Node>),
    /// The address was checked by `safe_address`.
    Link(String, Vec<Node>),
    /// A link or picture that must not lead anywhere: its words, and its address as text.
    Inert(Vec<Node>, String),
    Picture(String, String),
    /// Language, may be empty, and text.
    Code(String, String),
    Checkbox(bool),
}

#[must_use]
pub fn parse(text: &str) -> Vec<Node> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut builder = Builder { frames: vec![Frame { open: Open::Flat, children: Vec::new() }], depth: 0, alignments: Vec::new(), cell: 0 };
    for event in Parser::new_ext(text, options) {
        builder.event(event);
    }
    while builder.frames.len() > 1 {
        builder.close();
    }
    builder.frames.pop().map(|root| root.children).unwrap_or_default()
}

/// The address if a click may lead there: http or https, without control characters or spaces that could hide another one.
#[must_use]
pub fn safe_address(address: &str) -> Option<&str> {
    let web = ["http://", "https://"]
        .iter()
        .any(|scheme| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) && address.len() > scheme.len());
    (web && !address.chars().any(|c| c.is_control() || c.is_whitespace())).then_some(address)
}

struct Builder {
    // Invariant: never empty; the first is the document.
    frames: Vec<Frame>,
    /// Frames that are not flat.
    depth: usize,
    alignments: Vec<Alignment>,
    cell: usize,
}

struct Frame {
    open: Open,
    children: Vec<Node>,
}

enum Open {
    /// Its children become its parent's.
    Flat,
    Element(&'static str),
    /// The head's cells are not in a row of their own in the event stream.
    Head,
    Numbered(u64),
    Cell(&'static str, &'static str),
    Link(String),
    Picture(String),
    Code(String),
}

impl Builder {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::End(TagEnd::TableHead) => {
                self.close();
                self.cell = 0;
            }
            Event::End(TagEnd::TableRow) => {
                self.close();
                self.cell = 0;
            }
            Event::End(_) => self.close(),
            // Raw HTML is what the model wrote: shown, never parsed.
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(text) => self.push(Node::Element("code", vec![Node::Text(text.into_string())])),
            Event::SoftBreak => self.text("\n"),
            Event::HardBreak => self.push(Node::Element("br", Vec::new())),
            Event::Rule => self.push(Node::Element("hr", Vec::new())),
            Event::TaskListMarker(done) => self.push(Node::Checkbox(done)),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => self.text(&text),
        }
    }

    fn open(&mut self, tag: Tag<'_>) {
        let open = match tag {
            Tag::Paragraph | Tag::HtmlBlock => Open::Element("p"),
            Tag::Heading { level, .. } => Open::Element(heading(level)),
            Tag::BlockQuote(_) => Open::Element("blockquote"),
            Tag::CodeBlock(kind) => Open::Code(match kind {
                CodeBlockKind::Fenced(info) => info.split([' ', ',']).next().unwrap_or_default().to_owned(),
                CodeBlockKind::Indented => String::new(),
            }),
            Tag::List(None) => Open::Element("ul"),
            Tag::List(Some(first)) => Open::Numbered(first),
            Tag::Item => Open::Element("li"),
            Tag::Table(alignments) => {
                self.alignments = alignments;
                self.cell = 0;
                Open::Element("table")
            }
            Tag::TableHead => Open::Head,
            Tag::TableRow => Open::Element("tr"),
            Tag::TableCell => {
                let align = self.alignments.get(self.cell).copied().unwrap_or(Alignment::None);
                self.cell += 1;
                let head = self.frames.last().is_some_and(|frame| matches!(frame.open, Open::Head));
                Open::Cell(if head { "th" } else { "td" }, side(align))
            }
            Tag::Emphasis => Open::Element("em"),
            Tag::Strong => Open::Element("strong"),
            Tag::Strikethrough => Open::Element("del"),
            Tag::Link { dest_url, .. } => Open::Link(dest_url.into_string()),
            Tag::Image { dest_url, .. } => Open::Picture(dest_url.into_string()),
            _ => Open::Flat,
        };
        let open = if self.depth >= DEPTH_MAX { Open::Flat } else { open };
        self.depth += usize::from(!matches!(open, Open::Flat));
        self.frames.push(Frame { open, children: Vec::new() });
    }

    fn close(&mut self) {
        if self.frames.len() < 2 {
            return;
        }
        let Some(Frame { open, children }) = self.frames.pop() else { return };
        self.depth -= usize::from(!matches!(open, Open::Flat));
        let node = match open {
            Open::Flat => return children.into_iter().for_each(|child| self.push(child)),
            Open::Element(name) => Node::Element(name, children),
            Open::Head => Node::Element("thead", vec![Node::Element("tr", children)]),
            Open::Numbered(first) => Node::Numbered(first, children),
            Open::Cell(name, align) => Node::Cell(name, align, children),
            Open::Link(address) if safe_address(&address).is_some() => Node::Link(address, children),
            Open::Link(address) => Node::Inert(children, address),
            Open::Picture(address) => Node::Picture(words(&children), address),
            Open::Code(language) => Node::Code(language, words(&children)),
        };
        self.push(node);
    }

    fn push(&mut self, node: Node) {
        match node {
            Node::Text(text) => self.text(&text),
            node => self.here().push(node),
        }
    }

    fn text(&mut self, more: &str) {
        match self.here().last_mut() {
            Some(Node::Text(text)) => text.push_str(more),
            _ => self.here().push(Node::Text(more.to_owned())),
        }
    }

    fn here(&mut self) -> &mut Vec<Node> {
        &mut self.frames.last_mut().expect("the document's frame is never popped while events come").children
    }
}

const fn heading(level: HeadingLevel) -> &'static str {
    // The chat's own title is the page's h1 and each turn's an h2.
    match level {
        HeadingLevel::H1 => "h3",
        HeadingLevel::H2 => "h4",
        HeadingLevel::H3 => "h5",
        _ => "h6",
    }
}

const fn side(align: Alignment) -> &'static str {
    match align {
        Alignment::None => "",
        Alignment::Left => "left",
        Alignment::Center => "center",
        Alignment::Right => "right",
    }
}

/// The text below these nodes, without marks.
fn words(nodes: &[Node]) -> String {
    nodes
        .iter()
        .map(|node| match node {
            Node::Text(text) | Node::Code(_, text) | Node::Picture(text, _) => text.clone(),
            Node::Element(_, children) | Node::Numbered(_, children) | Node::Cell(_, _, children) => words(children),
            Node::Link(_, children) | Node::Inert(children, _) => words(children),
            Node::Checkbox(_) => String::new(),
        })
        .collect()
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
