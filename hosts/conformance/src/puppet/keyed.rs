//! The verbs of scripts for keyed calls: `keyed shelves [for=MS] [max=N]`; `visit shelves KEY {script} [as=NAME] [after=MS]`, answered at its
//! end, `order ..` the same, answered at once; and `attach`, `abort` and `slay shelves KEY WHICH`, which is a number or `as=NAME`.
use super::{Asked, Kind, Puppet, SCRIPT, State};
use crate::{
    generic::keyed::{Shelf, ended},
    text::bare,
};
use peerd_otp::{
    keyed::{self, Handler, Order, Reply, Request, Spec, Which},
    message::decode,
};
use peerd_vat::{Crash, Cx, INFINITY_MS};

impl Puppet {
    /// False: the verb is none of these.
    pub(super) fn keyed(&self, state: &mut State, verb: &str, words: &[&str], cx: &mut Cx<'_>) -> Result<bool, Crash> {
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let number = |text: &str| text.parse::<u64>().map_err(|_| Crash::new(SCRIPT, format!("{text:?} is no number")));
        let field = |key: &str| words.iter().find_map(|word| word.strip_prefix(key));
        let which = || match field("as=") {
            Some(name) => Ok(Which::Named(name.into())),
            None => number(word(2)).map(Which::Number),
        };
        let order = || {
            let request = bare(word(2)).as_bytes();
            let order = Order::new(Shelf::access(request, &[]), request).after(field("after=").map_or(Ok(0), number)?);
            Ok::<Order, Crash>(match field("as=") {
                Some(name) => order.named(name.as_bytes()),
                None => order,
            })
        };
        let request = match verb {
            "keyed" => {
                let mut spec = Spec::new(Shelf::NAME);
                if let Some(ms) = field("for=") {
                    spec = spec.results_for(number(ms)?);
                }
                if let Some(calls) = field("max=") {
                    spec = spec.calls_max(number(calls)? as u32);
                }
                let front = keyed::spawn(cx, word(0), &spec, &[]);
                self.0.cast().enter(word(0), front);
                return Ok(true);
            }
            "visit" => Request::Call(order()?),
            "order" => Request::Send(order()?),
            "attach" => Request::Attach(which()?),
            "abort" => Request::Cancel(which()?),
            "slay" => Request::Kill(which()?),
            _ => return Ok(false),
        };
        let call = keyed::ask(self.who(state, word(0), cx)?, word(1), request, &[], INFINITY_MS, cx);
        state.calls.push(Asked { call, kind: Kind::Keyed });
        Ok(true)
    }
}

pub(super) fn told(body: &[u8]) -> String {
    match decode(body) {
        Some(Reply::Ended(outcome)) => ended(&outcome),
        Some(Reply::Sent { number, is_known: false }) => format!("sent {number}"),
        Some(Reply::Sent { number, is_known: true }) => format!("known {number}"),
        Some(Reply::Ok) => "ok".into(),
        Some(Reply::Refused(why)) => format!("refused {why:?}").to_lowercase(),
        None => "no object's answer".into(),
    }
}
