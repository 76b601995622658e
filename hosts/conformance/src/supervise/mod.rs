//! Supervisors as the cases write them: their trees, the calls to them, and what they answer.
mod spec;

mod answer;

use crate::stage::Cast;
pub use answer::told;
use peerd_otp::supervisor::{BadSpec, Callback, Init, Request};
use peerd_vat::{Crash, Ref};
pub use spec::{check, text};

type Told<T> = Result<T, String>;

/// A supervisor whose arguments are a case's text: its init reads them, as OTP's callback would compute its return value.
pub struct Tree;

impl Callback for Tree {
    const NAME: &'static str = "tree";

    fn init(args: &[u8], _: &[Ref]) -> Result<Init, Crash> {
        let text = std::str::from_utf8(args).map_err(|_| Crash::new("script", "a tree is text"))?;
        match text.trim() {
            "ignore" => Ok(Init::Ignore),
            "nonsense" => Err(Crash::new("bad_return", "nonsense")),
            "crash" => Err(Crash::new("crash", "init")),
            text => spec::tree(text).map_err(|why| Crash::new("script", why))?.map(Init::Tree).map_err(|bad| bad.crash()),
        }
    }
}

/// A call, and the refs that go with it; or what the library says before anybody is called.
pub type Call = Result<(Vec<u8>, Vec<Ref>), BadSpec>;

/// The call `verb` with its words after the supervisor's name.
pub fn request(verb: &str, words: &[&str], cast: &Cast) -> Told<Call> {
    let id = || words.first().map(|id| (*id).to_owned()).ok_or_else(|| format!("{verb} wants an id"));
    let by_ref = words.first().and_then(|word| word.strip_prefix('@'));
    let refs = match by_ref {
        Some(name) => vec![cast.find(name).ok_or_else(|| format!("nobody is called {name:?}"))?],
        None => Vec::new(),
    };
    let request = match verb {
        "start_child" => match words.join(" ").strip_prefix('[').and_then(|words| words.strip_suffix(']')) {
            Some(more) => Request::StartDynamic { args: format!("; {}", padded(more)).into_bytes(), key: None },
            None => match spec::one(&words.join(" "), cast)? {
                Ok(spec) => Request::StartChild(spec),
                Err(bad) => return Ok(Err(bad)),
            },
        },
        "terminate_child" if by_ref.is_some() => Request::TerminateRef,
        "get_childspec" if by_ref.is_some() => Request::GetChildspecOfRef,
        "terminate_child" => Request::TerminateChild(id()?),
        "restart_child" => Request::RestartChild(id()?),
        "delete_child" => Request::DeleteChild(id()?),
        "get_childspec" => Request::GetChildspec(id()?),
        "which_children" => Request::WhichChildren,
        "count_children" => Request::CountChildren,
        "get_callback_module" => Request::GetCallback,
        "upgrade" => Request::Upgrade(Some(text(&id()?, cast)?.into_bytes())),
        _ => return Err(format!("there is no verb {verb:?}")),
    };
    Ok(Ok((request.encode(), refs)))
}

/// `pad(50000)` is so many blanks: arguments that are large and say nothing.
fn padded(text: &str) -> String {
    let Some((before, rest)) = text.split_once("pad(") else { return text.into() };
    let (count, after) = rest.split_once(')').unwrap_or((rest, ""));
    format!("{before}{}{after}", " ".repeat(count.parse().unwrap_or(0)))
}
