//! What a page of ours wants of an app: its owner's doing, never a guest's.
use super::{App, view::Purpose};
use crate::{actors::works::notebook::files, web::words};
use alloc::{
    format,
    string::{String, ToString},
};
use peerd_vat::Cx;
use serde_json::Value;

impl App {
    pub fn wished(&mut self, wish: &Value, cx: &mut Cx<'_>) {
        if let Err(why) = self.wish(wish, cx) {
            self.problem(&why, cx);
        }
    }

    fn wish(&mut self, wish: &Value, cx: &mut Cx<'_>) -> Result<(), String> {
        let text = |key: &str| wish[key].as_str().unwrap_or_default().to_string();
        match text("op").as_str() {
            "show" => self.show_whole(cx),
            "put" => self.put(&files::path(&text("path"))?, Some(&text("text")), cx)?,
            "remove" => self.put(&text("path"), None, cx)?,
            "open" => {
                self.close(&text("page"), cx);
                let saved = wish["saved"] == true && !self.saved.is_empty();
                self.open_view(Purpose::Page(text("page")), saved, cx)?;
            }
            "close" => self.close(&text("page"), cx),
            "save" => drop(self.save(cx)?),
            "allow" => self.allow(text("origin").trim(), cx)?,
            "take_back" => self.take_back(&text("origin"), cx),
            "forget" => self.forget_data(cx),
            "export" => self.open_view(Purpose::Export { call: None, token: text("token") }, false, cx)?,
            other => return Err(format!("an app can't {}", words::line(other, 40))),
        }
        Ok(())
    }

    fn close(&mut self, page: &str, cx: &mut Cx<'_>) {
        let is_of = |purpose: &Purpose| if let Purpose::Page(of) = purpose { of == page } else { false };
        while let Some(at) = self.views.iter().position(|view| is_of(&view.purpose)) {
            self.end_view(at, "", cx);
        }
    }
}
