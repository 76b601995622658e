//! Line icons, drawn in the text's colour.
use leptos::prelude::*;

/// Paths on a 20 by 20 grid.
const fn path(name: &str) -> &'static str {
    match name.as_bytes() {
        b"chats" => "M3 5h14M3 10h14M3 15h9",
        b"new" => "M10 4v12M4 10h12",
        b"tree" => "M8 3.5h4v4H8zM3.5 12.5h4v4h-4zM12.5 12.5h4v4h-4zM10 7.5V10M5.5 12.5V10h9v2.5",
        b"recipes" => "M4 4.5h9.5a2 2 0 0 1 2 2v9H6a2 2 0 0 1-2-2zM7 8h5M7 11.5h5",
        b"settings" => "M4 6h7M15 6h1M4 14h1M9 14h7M13 4v4M7 12v4",
        b"close" => "M5 5l10 10M15 5L5 15",
        b"copy" => "M7.5 7.5h8v8h-8zM4.5 12.5v-8h8",
        b"export" => "M10 3.5v9M6.5 9l3.5 3.5L13.5 9M4 16h12",
        b"send" => "M10 16V4.5M5 9.5l5-5 5 5",
        b"stop" => "M6 6h8v8H6z",
        b"play" => "M7 4.5l8 5.5-8 5.5z",
        b"record" => "M10 5a5 5 0 1 0 0 10 5 5 0 1 0 0-10z",
        b"trash" => "M4.5 6h11M8 6V4h4v2M6 6l.7 10h6.6L14 6",
        b"go" => "M8 4.5h7.5V12M15 5L5 15",
        b"lock" => "M5.5 9.5h9v6.5h-9zM7.5 9.5V7a2.5 2.5 0 0 1 5 0v2.5",
        b"key" => "M12.5 4a3.5 3.5 0 1 1-2.6 5.8L4 15.7V16h2.5v-2h2v-1.8l1.2-1.2M13.5 7h.01",
        b"check" => "M4.5 10.5l3.5 3.5 7.5-8",
        b"dock" => "M3.5 4.5h13v11h-13zM12 4.5v11",
        b"globe" => "M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 1 0 0-13M3.5 10h13M10 3.5c2.3 2 2.3 11 0 13M10 3.5c-2.3 2-2.3 11 0 13",
        b"chip" => "M6 6h8v8H6zM8 3.5V6M12 3.5V6M8 14v2.5M12 14v2.5M3.5 8H6M3.5 12H6M14 8h2.5M14 12h2.5",
        b"code" => "M7 6l-4 4 4 4M13 6l4 4-4 4M11.5 4.5l-3 11",
        b"book" => {
            "M4.5 4.5h5a1.5 1.5 0 0 1 1.5 1.5v10a1.5 1.5 0 0 0-1.5-1.5h-5zM16 4.5h-3.5A1.5 1.5 0 0 0 11 6v10a1.5 1.5 0 0 1 1.5-1.5H16z"
        }
        b"app" => "M3.5 4.5h13v11h-13zM3.5 8h13M6 6.3h.01M8 6.3h.01",
        b"terminal" => "M3.5 4.5h13v11h-13zM6.5 8l2.5 2-2.5 2M10.5 12.5h3",
        b"shield" => "M10 3.5l5.5 2v4c0 3.5-2.3 5.8-5.5 7-3.2-1.2-5.5-3.5-5.5-7v-4z",
        // "alert", and what nobody drew.
        _ => "M10 3.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 1 0 0-13M10 6.8v3.7M10 13.2h.01",
    }
}

pub fn icon(name: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" data-icon=name viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=path(name) />
        </svg>
    }
}
