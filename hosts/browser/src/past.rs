//! The past of what the vat keeps, for its owner to read and to go back to. In a Worker of its own, beside the one that has booted.
use crate::journal::{Kept, config};
use peerd_agent::{
    actors,
    past::{Keeps, Writer, name},
};
use peerd_journal::{Actor, Bookmark, Record};
use peerd_opfs::Trouble;
use peerd_vat::{deeds::Told, journal_label};
use std::collections::BTreeMap;

/// Whose past is kept, as JSON.
pub async fn list(boot: &[u8]) -> Result<String, Trouble> {
    let kept = Kept::of(boot)?;
    let settings = kept.settings()?;
    let mut seen: BTreeMap<Actor, (u64, u64)> = BTreeMap::new();
    let found = peerd_opfs::history(&settings, None, |deed| {
        let (turns, at) = seen.entry(deed.actor).or_default();
        *turns += 1;
        if let Record::Commit(commit) = deed.past.record {
            *at = commit.now;
        }
    });
    let actors = found.await?.image.actors;
    let mut keeps: Vec<Keeps> = seen
        .into_iter()
        .filter_map(|(actor, (turns, at))| {
            let durable = actors.get(&actor)?;
            let label = journal_label(&durable.options).unwrap_or_default();
            Some(Keeps { actor: digits(actor), name: name(&label, &durable.map), turns, at })
        })
        .collect();
    keeps.sort_by_key(|keeps| std::cmp::Reverse(keeps.at));
    Ok(serde_json::to_string(&keeps).expect("texts and numbers"))
}

/// One actor's, as JSON.
pub async fn book(boot: &[u8], actor: &str) -> Result<String, Trouble> {
    let (kept, actor) = (Kept::of(boot)?, number(actor)?);
    let (settings, mut writer) = (kept.settings()?, Writer::default());
    let told = peerd_opfs::history(&settings, Some(actor), |deed| {
        writer.tell(&Told::of(settings.fresh, &deed), deed.was.map(|was| &was.map), deed.is.map(|is| &is.map));
    });
    told.await?;
    Ok(serde_json::to_string(&writer.end()).expect("texts and numbers"))
}

/// Makes the actor what it was. Nobody runs the vat meanwhile. Returns the place that undoes it.
pub async fn go_back(boot: &[u8], actor: &str, place: &str) -> Result<String, Trouble> {
    let to = Bookmark::of(place).ok_or(Trouble::NoPlace)?;
    let kept = Kept::of(boot)?;
    let undo = peerd_opfs::go_back(kept.settings()?, config(), actors::behaviours(), number(actor)?, to).await?;
    Ok(undo.to_string())
}

fn digits(Actor(actor): Actor) -> String {
    format!("{actor:x}")
}

fn number(digits: &str) -> Result<Actor, Trouble> {
    u64::from_str_radix(digits, 16).map(Actor).map_err(|_| Trouble::NoPlace)
}
