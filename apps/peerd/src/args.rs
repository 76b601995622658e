//! The words after a command: taken out by name, and what nobody took is an error.
use crate::Stop;

pub struct Args {
    words: Vec<String>,
}

impl Args {
    pub fn new(words: Vec<String>) -> Args {
        Args { words }
    }

    pub fn asks_for_help(&self) -> bool {
        self.words.iter().any(|word| word == "--help" || word == "-h")
    }

    /// What is said by `--name VALUE` or `--name=VALUE`.
    pub fn value(&mut self, name: &str) -> Result<Option<String>, Stop> {
        let joined = format!("{name}=");
        if let Some(at) = self.words.iter().position(|word| word.starts_with(&joined)) {
            return Ok(Some(self.words.remove(at).split_off(joined.len())));
        }
        let Some(at) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        if at + 1 == self.words.len() {
            return Err(Stop::Unclear(format!("{name} needs a value")));
        }
        self.words.remove(at);
        Ok(Some(self.words.remove(at)))
    }

    /// One of these words, the first if nothing is said.
    pub fn choice(&mut self, name: &str, choices: &[&'static str]) -> Result<&'static str, Stop> {
        let Some(said) = self.value(name)? else { return Ok(choices[0]) };
        let found = choices.iter().find(|choice| **choice == said);
        found.copied().ok_or_else(|| Stop::Unclear(format!("{name} {said}: it can be {}", choices.join(" or "))))
    }

    pub fn done(&self) -> Result<(), Stop> {
        self.words.first().map_or(Ok(()), |word| Err(Stop::Unclear(format!("what is `{word}`?"))))
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
        assert!(matches!(args("--listen a").value("--listen"), Ok(Some(value)) if value == "a"));
        assert!(matches!(args("--listen=b").value("--listen"), Ok(Some(value)) if value == "b"));
        assert!(matches!(args("--listen").value("--listen"), Err(Stop::Unclear(_))));
    }

    #[test]
    fn a_choice_is_one_of_its_words() {
        assert!(matches!(args("").choice("--kind", &["a", "b"]), Ok("a")));
        assert!(matches!(args("--kind b").choice("--kind", &["a", "b"]), Ok("b")));
        assert!(matches!(args("--kind c").choice("--kind", &["a", "b"]), Err(Stop::Unclear(why)) if why.contains("a or b")));
    }

    #[test]
    fn a_word_that_nobody_took_is_an_error() {
        assert!(args("--lsten").done().is_err());
        assert!(args("").done().is_ok());
    }
}
