//! A call in other words: as a recipe keeps it, and as the card's one line.
use super::job::Job;
use crate::{
    outcome::StepTaken,
    web::{
        input::{Act, Call, Deed, Go, Setting},
        refs,
        resolve::Target,
        verdict::{self, Subject},
        words,
    },
};
use alloc::{
    format,
    string::{String, ToString},
};

/// What a recipe keeps of the call.
pub(super) fn step(job: &Job, seen_after: String) -> Option<StepTaken> {
    let secret = job.target.as_ref().is_some_and(|target| target.secret);
    let target = job.target.as_ref().map(|target| target.print.clone());
    let value = match &job.call {
        Call::Navigate(Go::To(url)) => url.clone(),
        Call::Navigate(Go::Back) => "back".into(),
        Call::Navigate(Go::Forward) => "forward".into(),
        Call::Navigate(Go::Reload) => "reload".into(),
        Call::Act(act) => value(act),
        _ => return None,
    };
    Some(StepTaken {
        tool: job.tool.clone(),
        target,
        value: if secret { String::new() } else { value },
        secret,
        url_before: job.before.url.clone(),
        url_after: job.url.clone(),
        seen_after,
    })
}

fn value(act: &Act) -> String {
    match &act.deed {
        Deed::Set(setting) => verdict::written(setting),
        Deed::Type(text) => text.clone(),
        Deed::Key { keys, repeat } => alloc::vec![keys.as_str(); *repeat as usize].join(" "),
        Deed::Scroll { dx, dy } => format!("{} {}", direction(*dx, *dy), (dx.abs() + dy.abs()) / 100),
        _ => String::new(),
    }
}

fn direction(dx: i32, dy: i32) -> &'static str {
    match (dx, dy) {
        (0, dy) if dy < 0 => "up",
        (0, _) => "down",
        (dx, _) if dx < 0 => "left",
        _ => "right",
    }
}

/// One line for the card. Quotes the page's names, never a secret.
pub(super) fn summary(job: &Job) -> String {
    let on = |subject: &Option<Subject>| {
        subject.as_ref().map(|subject| {
            let print = &subject.print;
            let name = if print.name.is_empty() { &print.label } else { &print.name };
            if name.is_empty() { format!("the {}", print.role) } else { format!("\"{}\" ({})", words::line(name, 80), print.role) }
        })
    };
    let aimed = job.act().and_then(|act| act.target.as_ref());
    let what = on(&job.target).unwrap_or_else(|| match aimed {
        Some(Target::Ref(number)) => refs::name(*number),
        Some(Target::Print(print)) => print.words(),
        Some(Target::Point([x, y])) => format!("the place {x},{y}"),
        None => "the page".into(),
    });
    // Of a field that was not found nobody knows whether it is a secret one.
    let secret = job.target.as_ref().map_or(aimed.is_some(), |target| target.secret);
    let quoted = |text: &str| if secret { "a hidden value".to_string() } else { format!("\"{}\"", words::line(text, 60)) };
    match &job.call {
        Call::Read { .. } => "read the page".into(),
        Call::Text => "read the page's text".into(),
        Call::Find { query } => format!("find \"{}\"", words::line(query, 60)),
        Call::Screenshot => "take a picture".into(),
        Call::Wait { .. } => "wait".into(),
        Call::Navigate(Go::To(url)) => format!("go to {}", words::line(url, 200)),
        Call::Navigate(Go::Back) => "go back".into(),
        Call::Navigate(Go::Forward) => "go forward".into(),
        Call::Navigate(Go::Reload) => "load the page again".into(),
        Call::Act(act) => match &act.deed {
            Deed::Click { count: 2, .. } => format!("double-click {what}"),
            Deed::Click { count: 3, .. } => format!("triple-click {what}"),
            Deed::Click { .. } if job.tool == "right_click" => format!("right-click {what}"),
            Deed::Click { .. } => format!("click {what}"),
            Deed::Set(Setting::On(on)) => format!("{} {what}", if *on { "check" } else { "uncheck" }),
            Deed::Set(setting) => format!("set {what} to {}", quoted(&verdict::written(setting))),
            Deed::Type(text) => format!("type {} into {what}", quoted(text)),
            Deed::Key { keys, .. } => format!("press {}", if secret { "keys".into() } else { words::line(keys, 60) }),
            Deed::Scroll { dx, dy } => format!("scroll {}", direction(*dx, *dy)),
            Deed::ScrollTo => format!("scroll to {what}"),
            Deed::Hover => format!("point at {what}"),
            Deed::Drag => format!("drag {what} to {}", on(&job.to).unwrap_or_else(|| "a place".into())),
            Deed::SelectText { .. } => format!("select the text of {what}"),
        },
    }
}
