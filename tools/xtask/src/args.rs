//! The words after a command: flags are taken out by name, and what nobody took is an error.
use crate::ground::{Done, Stop};

pub struct Args {
    words: Vec<String>,
}

impl Args {
    pub fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    pub fn help(&self) -> bool {
        self.words.iter().any(|word| word == "--help" || word == "-h")
    }

    /// The word in front, unless it is a flag.
    pub fn first(&mut self) -> Option<String> {
        let there = self.words.first().is_some_and(|word| !word.starts_with('-'));
        there.then(|| self.words.remove(0))
    }

    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() != before
    }

    /// The value of `--name VALUE` or `--name=VALUE`.
    pub fn value(&mut self, name: &str) -> Done<Option<String>> {
        let joined = format!("{name}=");
        if let Some(at) = self.words.iter().position(|word| word.starts_with(&joined)) {
            return Ok(Some(self.words.remove(at)[joined.len()..].to_owned()));
        }
        let Some(at) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        if at + 1 >= self.words.len() {
            return Err(Stop::Lacking(format!("{name} needs a value")));
        }
        self.words.remove(at);
        Ok(Some(self.words.remove(at)))
    }

    pub fn number<N: std::str::FromStr>(&mut self, name: &str, or: N) -> Done<N> {
        let Some(text) = self.value(name)? else { return Ok(or) };
        text.parse().map_err(|_| Stop::Lacking(format!("{name} {text}: that is not a number it can be")))
    }

    /// All that is left, for a command that hands its words on.
    pub fn rest(&mut self) -> Vec<String> {
        std::mem::take(&mut self.words)
    }

    pub fn done(&mut self) -> Done {
        match self.words.first() {
            None => Ok(()),
            Some(word) => Err(Stop::Lacking(format!("what is `{word}`? --help says what there is"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn a_value_is_taken_in_both_spellings() {
        assert!(matches!(args("--json a").value("--json"), Ok(Some(value)) if value == "a"));
        assert!(matches!(args("--json=b").value("--json"), Ok(Some(value)) if value == "b"));
        assert!(matches!(args("--json").value("--json"), Err(Stop::Lacking(_))));
    }

    #[test]
    fn a_number_that_is_none_is_an_error_and_nothing_said_is_not() {
        assert!(matches!(args("--port 80").number("--port", 0u16), Ok(80)));
        assert!(matches!(args("").number("--port", 7u16), Ok(7)));
        assert!(matches!(args("--port 70000").number("--port", 0u16), Err(Stop::Lacking(_))));
    }

    #[test]
    fn a_word_that_nobody_took_is_an_error() {
        let mut args = args("--headed --heedless");
        assert!(args.flag("--headed"));
        assert!(args.done().is_err());
    }
}
