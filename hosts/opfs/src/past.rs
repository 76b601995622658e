//! The past of a journal: each turn as it was, and an actor taken back to one, while nobody runs the vat.
use crate::{
    Durable, Pace, Settings, Trouble,
    files::{SILENT_MS, lengths, read},
    folder::Folder,
    slice::Slice,
};
use peerd_journal::{Actor, Bookmark, Codec, Deed, History, Image, Position, Recovered, Recovery, Until};
use peerd_vat::{Behaviour, Config, Outputs, Time};

/// Tells each record that is kept, of this actor or of all, oldest first. Its owner may go on meanwhile.
///
/// # Errors
/// When it can't be read.
pub async fn history(settings: &Settings<'_>, only: Option<Actor>, tell: impl FnMut(Deed<'_>)) -> Result<Recovered, Trouble> {
    let files = Folder::of(settings.folder, settings.vat).await?.open_all().await?;
    let recovery =
        Recovery::new(settings.expected, settings.vat, lengths(&files)?, Until::End, settings.codec.map(Codec::again)).seeing_all();
    read(&files, recovery, &mut History::new(only, Position(0), tell), &mut Slice::of(SILENT_MS)).await
}

/// Takes the vat, makes the actor what it was at that place, and lets go of the vat again. It is one more record; whoever opens the vat
/// next finds the actor so. Returns the place that undoes it.
///
/// # Errors
/// `NoPlace` when so much of the past is not kept, `NotRestored`, and what opening says. Nothing has changed then.
pub async fn go_back(
    settings: Settings<'_>,
    config: Config,
    behaviours: Vec<Box<dyn Behaviour>>,
    actor: Actor,
    to: Bookmark,
) -> Result<Bookmark, Trouble> {
    let past = at(&settings, to).await?;
    let Durable { mut vat, keeper, .. } = Durable::open(settings, Pace::default(), config, behaviours).await?;
    let actor = vat.durable_ref(actor).ok_or(Trouble::NoPlace)?;
    let position = vat.restore_actor(Time(0), actor, &past, &mut Outputs::new()).map_err(Trouble::NotRestored)?;
    keeper.land(&mut vat).await?;
    Ok(Bookmark { position, ..to })
}

async fn at(settings: &Settings<'_>, to: Bookmark) -> Result<Image, Trouble> {
    let files = Folder::of(settings.folder, settings.vat).await?.open_all().await?;
    let recovery =
        Recovery::new(Some(to.identity), settings.vat, lengths(&files)?, Until::Position(to.position), settings.codec.map(Codec::again));
    let found = read(&files, recovery, &mut (), &mut Slice::of(SILENT_MS)).await?;
    if found.image.position == to.position { Ok(found.image) } else { Err(Trouble::NoPlace) }
}
