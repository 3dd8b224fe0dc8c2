//! A value that is being typed in place of the text that shows it. Main thread.

use egui::{Key, Rect, Response, Ui};

use super::gestures::ParamGestures;
use super::theme;
use crate::params::ParamId;

/// The value that is being typed.
pub struct Typing {
    id: ParamId,
    text: String,
    is_fresh: bool,
}

impl Typing {
    /// Begins to type a parameter's value.
    pub fn new(id: ParamId, gestures: &ParamGestures) -> Self {
        Self { id, text: gestures.text(id), is_fresh: true }
    }

    /// Begins where Enter is pressed on a control.
    pub fn begin(ui: &Ui, response: &Response, id: ParamId, gestures: &ParamGestures, typing: &mut Option<Self>) {
        if response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
            *typing = Some(Self::new(id, gestures));
        }
    }

    /// Whether the parameter's value is the one that is typed.
    pub fn is_of(typing: Option<&Self>, id: ParamId) -> bool {
        typing.is_some_and(|typing| typing.id == id)
    }

    /// Draws the field; Enter sets the parameter, Escape leaves it.
    pub fn show(ui: &mut Ui, rect: Rect, gestures: &mut ParamGestures, typing: &mut Option<Self>) {
        let Some(current) = typing else { return };
        let id = current.id;
        let field = egui::TextEdit::singleline(&mut current.text)
            .font(theme::body(12.0))
            .margin(egui::Margin::symmetric(4, 1))
            .align(egui::Align2::CENTER_CENTER);
        let output = ui.put(rect, field);
        if std::mem::take(&mut current.is_fresh) {
            output.request_focus();
            theme::select_all(ui.ctx(), output.id, current.text.chars().count());
        } else if output.lost_focus() {
            if !ui.input(|input| input.key_pressed(Key::Escape))
                && let Some(place) = gestures.param(id).parse(&current.text)
            {
                gestures.put(id, place);
            }
            *typing = None;
        }
    }
}
