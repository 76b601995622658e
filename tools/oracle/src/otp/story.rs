//! What one side told about a program: births, ends, answers and listings, in the order in which they happened.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// One more than the program has: the first one starts the top.
    pub steps: Vec<Told>,
}

/// About one step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub entries: Vec<Entry>,
    /// The living supervisors by name; empty after a step that the next one follows at once.
    pub supervisors: Vec<Listing>,
    /// Milliseconds since the program began.
    pub at_ms: u64,
    /// It never became quiet.
    pub stuck: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Born { who: Name, parent: Name, outcome: String },
    Ended { who: Name, reason: String },
    Result(String),
}

/// A path and the how-manieth life of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub path: String,
    pub life: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub who: Name,
    /// Specs, active, supervisors, workers.
    pub counts: [u32; 4],
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub id: String,
    /// A name, `undefined` or `restarting`.
    pub state: String,
    pub kind: String,
}

impl Name {
    pub fn new(path: &str, life: u32) -> Name {
        Name { path: path.into(), life }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}#{}", self.path, self.life)
    }
}

impl Story {
    /// Takes one line of otp.erl. False: it is none.
    pub fn hear(&mut self, line: &str) -> bool {
        let words: Vec<&str> = line.split(' ').collect();
        if words == ["step"] {
            self.steps.push(Told::default());
            return true;
        }
        self.steps.last_mut().and_then(|told| told.hear(line, &words)).is_some()
    }
}

impl Told {
    fn hear(&mut self, line: &str, words: &[&str]) -> Option<()> {
        match words {
            ["born", path, life, parent, parents_life, outcome] => self.entries.push(Entry::Born {
                who: Name::new(path, life.parse().ok()?),
                parent: Name::new(parent, parents_life.parse().ok()?),
                outcome: (*outcome).into(),
            }),
            ["ended", path, life, reason @ ..] => {
                self.entries.push(Entry::Ended { who: Name::new(path, life.parse().ok()?), reason: reason.join(" ") });
            }
            ["result", ..] => self.entries.push(Entry::Result(line["result ".len()..].into())),
            ["sup", path, life, specs, active, supervisors, workers, rows @ ..] => self.supervisors.push(Listing {
                who: Name::new(path, life.parse().ok()?),
                counts: [specs.parse().ok()?, active.parse().ok()?, supervisors.parse().ok()?, workers.parse().ok()?],
                rows: rows.iter().map(|row| Row::read(row)).collect::<Option<_>>()?,
            }),
            ["at", ms] => self.at_ms = ms.parse().ok()?,
            ["stuck"] => self.stuck = true,
            _ => return None,
        }
        Some(())
    }

    pub fn result(&self) -> &str {
        let result = self.entries.iter().find_map(|entry| if let Entry::Result(result) = entry { Some(result.as_str()) } else { None });
        result.unwrap_or("-")
    }
}

impl Row {
    fn read(word: &str) -> Option<Row> {
        let mut fields = word.split(':').map(str::to_owned);
        Some(Row { id: fields.next()?, state: fields.next()?, kind: fields.next()? })
    }
}
