//! Markdown as it streams in.
use crate::draw::{self, Drawn};
use leptos::{html, prelude::*};

#[component]
pub fn Prose(text: Signal<String>) -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let drawn = StoredValue::new_local(Drawn::default());
    Effect::new(move || {
        if let Some(place) = place.get() {
            text.with(|text| drawn.update_value(|drawn| drawn.update(&place, text)));
        }
    });
    view! { <div class="prose" node_ref=place on:click=move |event| draw::clicked(&event)></div> }
}
