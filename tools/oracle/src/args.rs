//! The words after `./x oracle`.
use std::path::PathBuf;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    Help,
    Play,
    Corpus,
    Show,
}

/// Beside which system.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum System {
    Otp,
    Workerd,
}

pub struct Args {
    pub what: What,
    pub beside: System,
    pub runs: u64,
    pub seed: u64,
    pub at_once: usize,
    /// No bound: as long as it takes.
    pub seconds: Option<u64>,
    pub keep: bool,
    pub json: Option<PathBuf>,
    /// The program.
    pub workerd: Option<PathBuf>,
}

impl Args {
    pub fn read(words: impl Iterator<Item = String>) -> Result<Args, String> {
        let mut args = Args {
            what: What::Help,
            beside: System::Otp,
            runs: 1_000,
            seed: 1,
            at_once: 400,
            seconds: None,
            keep: false,
            json: None,
            workerd: None,
        };
        let mut words = words.flat_map(|word| match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => vec![flag.to_owned(), value.to_owned()],
            _ => vec![word],
        });
        while let Some(word) = words.next() {
            let mut number = || -> Result<u64, String> {
                let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
                value.parse().map_err(|_| format!("{word}: `{value}` is no number"))
            };
            match word.as_str() {
                "otp" | "workerd" => {
                    args.beside = if word == "otp" { System::Otp } else { System::Workerd };
                    if args.what == What::Help {
                        args.what = What::Play;
                    }
                }
                "corpus" => args.what = What::Corpus,
                "show" => args.what = What::Show,
                "--help" | "-h" => return Ok(Args { what: What::Help, ..args }),
                "--runs" => args.runs = number()?,
                "--seed" => args.seed = number()?,
                "--at-once" => args.at_once = number()?.max(1) as usize,
                "--seconds" => args.seconds = Some(number()?),
                "--keep" => args.keep = true,
                "--json" => args.json = Some(words.next().ok_or("--json needs a file")?.into()),
                "--workerd" => args.workerd = Some(words.next().ok_or("--workerd needs the program's path")?.into()),
                other => return Err(format!("what is `{other}`? --help says what there is")),
            }
        }
        Ok(args)
    }
}
