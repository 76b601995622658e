//! Line icons, drawn in the text's colour.
use leptos::prelude::*;

/// Paths on a 20 by 20 grid.
const fn path(name: &str) -> &'static str {
    match name.as_bytes() {
        b"chats" => "M3 5h14M3 10h14M3 15h9",
        b"new" => "M10 4v12M4 10h12",
        b"tree" => "M8 3.500h4v4H8zM3.500 12.500h4v4h-4zM12.500 12.500h4v4h-4zM10 7.500V10M5.500 12.500V10h9v2.500",
        b"recipes" => "M4 4.500h9.500a2 2 0 0 1 2 2v9H6a2 2 0 0 1-2-2zM7 8h5M7 11.500h5",
        b"settings" => "M4 6h7M15 6h1M4 14h1M9 14h7M13 4v4M7 12v4",
        b"close" => "M5 5l10 10M15 5L5 15",
        b"copy" => "M7.500 7.500h8v8h-8zM4.500 12.500v-8h8",
        b"export" => "M10 3.500v9M6.500 9l3.500 3.500L13.500 9M4 16h12",
        b"send" => "M10 16V4.500M5 9.500l5-5 5 5",
        b"stop" => "M6 6h8v8H6z",
        b"play" => "M7 4.500l8 5.500-8 5.500z",
        b"record" => "M10 5a5 5 0 1 0 0 10 5 5 0 1 0 0-10z",
        b"trash" => "M4.500 6h11M8 6V4h4v2M6 6l.7 10h6.600L14 6",
        b"go" => "M8 4.500h7.500V12M15 5L5 15",
        b"lock" => "M5.500 9.500h9v6.500h-9zM7.500 9.500V7a2.500 2.500 0 0 1 5 0v2.500",
        b"key" => "M12.500 4a3.500 3.500 0 1 1-2.600 5.800L4 15.700V16h2.500v-2h2v-1.800l1.200-1.200M13.500 7h.01",
        b"check" => "M4.500 10.500l3.500 3.500 7.500-8",
        b"hand" => {
            "M7 10V5.200a1.200 1.200 0 0 1 2.400 0V9M9.400 9V4.200a1.200 1.200 0 0 1 2.400 0V9M11.800 9V5.200a1.200 1.200 0 0 1 2.400 0v6.300c0 3-1.700 5-4.400 5-2 0-3-.8-4-2.400l-2.100-3.400c-.8-1.300 1-2.300 1.900-1.200L7 11.500"
        }
        b"dock" => "M3.500 4.500h13v11h-13zM12 4.500v11",
        b"globe" => {
            "M10 3.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 1 0 0-13M3.500 10h13M10 3.500c2.300 2 2.300 11 0 13M10 3.500c-2.300 2-2.300 11 0 13"
        }
        b"chip" => "M6 6h8v8H6zM8 3.500V6M12 3.500V6M8 14v2.500M12 14v2.500M3.500 8H6M3.500 12H6M14 8h2.500M14 12h2.500",
        b"shield" => "M10 3.500l5.500 2v4c0 3.500-2.300 5.800-5.500 7-3.200-1.200-5.500-3.500-5.500-7v-4z",
        // "alert", and what nobody drew.
        _ => "M10 3.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 1 0 0-13M10 6.800v3.700M10 13.200h.01",
    }
}

pub fn icon(name: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" data-icon=name viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=path(name) />
        </svg>
    }
}
